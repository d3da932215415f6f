import type { FlagInput, Segment } from '../model/flag.js';
import type { Note } from './note.js';

/** Another system's document as our definitions, each after those that it refers to, and what is served differently. */
export interface ImportResult {
  flags: FlagInput[];
  segments: Segment[];
  notes: Note[];
}
