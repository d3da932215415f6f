import { failure } from '../errors.js';
import { describeUnit, type UnitDescription } from '../metrics/describe-unit.js';
import type { InboxEvent } from '../metrics/records.js';
import { emptyUnit } from '../metrics/unit.js';
import { iso } from '../iso.js';
import { openUnit } from '../secrets/unit-secret.js';
import type { Exclusion, Override } from '../store/marked-units.js';
import type { UnitContext } from './mark-units.js';
import { audited } from './tell.js';

/** At most so many exclusions and overrides of one unit are looked up: one of each for an experiment. */
const MOST_MARKS = 1_000;

/** Everything that the installation holds of a unit. */
export interface ExportedUnit extends UnitDescription {
  unit_id: string;
  /** By which everything else knows it. */
  pseudonym: string;
  opted_out: boolean;
  opted_out_at: string | null;
  exclusions: Pick<Exclusion, 'experiment_id' | 'reason' | 'at' | 'by'>[];
  overrides: (Pick<Override, 'experiment_id' | 'at' | 'by'> & { variant: string | null })[];
  /** Events that were accepted and are not counted yet. */
  waiting: { kind: InboxEvent['kind']; type: string | null; experiment_id: string | null; at: string }[];
}

/**
 * What is known of a unit. Who asked is in the audit trail.
 *
 * @throws {RampartError} not_found: nothing is
 */
export async function exportUnit(context: UnitContext, unit_id: string, by: string): Promise<ExportedUnit> {
  const { store, ingest, sealing } = context;
  const unit = ingest.pseudonymOf(unit_id);
  // Before the unit: an event on its way from one to the other is seen twice rather than never.
  const waiting = await store.inbox.eventsOf(unit);
  const [state, optOut, exclusions, overrides] = await Promise.all([
    store.units.known(store.inbox.partitionOf(unit), unit),
    store.optOuts.get(unit),
    store.exclusions.ofUnit(unit, MOST_MARKS),
    store.overrides.ofUnit(unit, MOST_MARKS),
  ]);
  if (!state && !optOut && [waiting, exclusions, overrides].every(({ length }) => length === 0))
    throw failure('not_found', 'nothing is known of this unit');
  const exported: ExportedUnit = {
    unit_id,
    pseudonym: unit,
    opted_out: optOut !== null,
    opted_out_at: optOut?.at ?? null,
    exclusions: exclusions.map(({ experiment_id, reason, at, by: excluder }) => ({
      ...{ experiment_id, reason, at },
      by: excluder,
    })),
    overrides: overrides.map(({ experiment_id, sealed, at, by: overrider }) => ({
      ...{ experiment_id, at, by: overrider },
      variant: openUnit(sealing, sealed)?.variant ?? null,
    })),
    ...describeUnit(state ?? emptyUnit()),
    waiting: waiting.map((event) => ({
      kind: event.kind,
      type: event.kind === 'value' ? event.type : null,
      experiment_id: 'experiment_id' in event ? event.experiment_id : null,
      at: iso(event.at),
    })),
  };
  const change = { by, action: 'privacy.export', subject: ['unit', unit] } as const;
  return audited(context, change, () => Promise.resolve(exported));
}
