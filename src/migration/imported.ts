import type { FlagInput, Segment } from '../model/flag.js';

/**
 * What of a document is not served here as it was there. `source` is the path in their document, such as
 * `flags.checkout.rules[2]`; `changed` is carried over and means something else, `lost` is not carried over.
 */
export interface Note {
  source: string;
  kind: 'changed' | 'lost';
  message: string;
}

/** A document of another system as our definitions, each before what refers to it, and all that differs. */
export interface Imported {
  flags: FlagInput[];
  segments: Segment[];
  notes: Note[];
}

/** Which part of a document is asked for, where it has several. */
export interface Selection {
  environment?: string | undefined;
  project?: string | undefined;
}
