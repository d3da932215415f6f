/**
 * A difference between what a document serves in its own system and after migration. `source` is the path in the document,
 * such as `flags.checkout.rules[2]`. `changed`: carried over, with another meaning; `lost`: not carried over. `name` is
 * that of a flag or segment which is lost as a whole, where the document names it.
 */
export interface Note {
  source: string;
  kind: 'changed' | 'lost';
  message: string;
  name?: string;
}

export function countNotes(notes: readonly Note[]): Record<Note['kind'], number> {
  const count = (kind: Note['kind']): number => notes.filter((note) => note.kind === kind).length;
  return { changed: count('changed'), lost: count('lost') };
}
