import type { FlagInput, Segment } from '../model/flag.js';
import type { Note } from './note.js';

/** Another system's document as our definitions, each after those that it refers to, and all differences in what is served. */
export interface ImportResult {
  flags: FlagInput[];
  segments: Segment[];
  notes: Note[];
}
