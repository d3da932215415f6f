import type { Flag, Segment } from '../../model/flag.js';
import type { Json } from '../../model/json.js';
import type { Note } from '../note.js';
import { Ledger } from '../ledger.js';
import { Unsupported } from '../migration-errors.js';
import { memberPath } from '../source-path.js';
import { FlagWriter } from './flag-writer.js';
import { SegmentEvaluators } from './segment-evaluators.js';

/** A flag file of flagd, and everything that it cannot express. */
export interface Exported {
  document: { $schema: string; flags: Record<string, Json>; $evaluators?: Record<string, Json> };
  notes: Note[];
}

/** Exports definitions as a flag file of flagd; with an environment, as they are served there. */
export function toFlagd(
  { flags, segments }: { flags: readonly Flag[]; segments: readonly Segment[] },
  environment?: string,
): Exported {
  const ledger = new Ledger();
  const evaluators = new SegmentEvaluators(segments, ledger);
  const written: Record<string, Json> = {};
  for (const flag of flags) {
    try {
      written[flag.flag_id] = new FlagWriter(flag, evaluators, ledger, environment).flag();
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      ledger.lost(memberPath('flags', flag.flag_id), `the flag is left out: ${error.message}`);
    }
  }
  const $evaluators = evaluators.all();
  return {
    document: {
      $schema: 'https://flagd.dev/schema/v0/flags.json',
      flags: written,
      ...(Object.keys($evaluators).length > 0 && { $evaluators }),
    },
    notes: ledger.notes,
  };
}
