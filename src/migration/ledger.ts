import type { Note } from './note.js';

/** Accounts for every field of a document that is not carried over as it is. */
export class Ledger {
  readonly notes: Note[] = [];
  /** Paths of fields that do not affect what is served; each system's `ignored-fields.ts` says why. */
  readonly ignored: string[] = [];

  changed(source: string, message: string): void {
    this.note({ source, kind: 'changed', message });
  }

  /** @param name of a flag or segment that is lost as a whole */
  lost(source: string, message: string, name?: string): void {
    this.note({ source, kind: 'lost', message, ...(name !== undefined && { name }) });
  }

  private note(note: Note): void {
    const isKnown = this.notes.some(
      ({ source, kind, message }) => source === note.source && kind === note.kind && message === note.message,
    );
    if (!isKnown) this.notes.push(note);
  }
}
