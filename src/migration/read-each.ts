import { Fields, type Member } from './fields.js';
import type { Ledger } from './ledger.js';
import { Malformed, malformed, whyLost } from './migration-errors.js';

/** A flag or segment of the document that cannot be carried over, and why. */
export interface Lost {
  path: string;
  /** What the document calls it, where it says so. */
  key?: string | undefined;
  lost: string;
  /** Where it is not what its system writes. */
  malformed?: Malformed | undefined;
}

/** More than any rule needs that people write; few enough for functions that call themselves. */
const MAX_DEPTH = 100;

/**
 * Reads flags or segments one by one, so that one that is malformed never sinks the others: it is lost alone, and named.
 * Of those with the same key only the first is kept.
 *
 * @param members of the document: of a list, or of an object that names them
 * @param keyField the field with the key of a member of a list
 */
export function readEach<T>(
  members: readonly Member[],
  keyField: string,
  ledger: Ledger,
  read: (fields: Fields, key: string) => T,
): { found: T[]; lost: Lost[] } {
  const found: T[] = [];
  const lost: Lost[] = [];
  const paths = new Map<string, string>();
  for (const { path, name, value } of members) {
    let key = name;
    try {
      const fields = new Fields(value, path, ledger);
      key ??= fields.text(keyField);
      refuseDeepNesting(value, path);
      const first = paths.get(key);
      if (first !== undefined) lost.push({ path, key, lost: `${first} has the same ${keyField}` });
      else found.push(read(fields, key));
      paths.set(key, first ?? path);
    } catch (error) {
      lost.push({
        path,
        key,
        lost: whyLost(error),
        malformed: error instanceof Malformed ? error : undefined,
      });
    }
  }
  return { found, lost };
}

/** @throws {Malformed} By a list of its own, not by calling itself: the value may nest deeper than the stack. */
export function refuseDeepNesting(value: unknown, path: string): void {
  const open: [unknown, number][] = [[value, 0]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [current, depth] = next;
    if (typeof current !== 'object' || current === null) continue;
    if (depth >= MAX_DEPTH) throw malformed(path, `nests deeper than ${MAX_DEPTH} levels`);
    for (const member of Object.values(current)) open.push([member, depth + 1]);
  }
}
