import { flagSchema, type FlagInput } from '../model/flag.js';
import type { ConvertedFlag } from './converted-flag.js';
import type { FlagPlan } from './flag-plan.js';
import type { ImportResult } from './import-result.js';
import type { Ledger } from './ledger.js';
import { validationFailed } from '../errors.js';
import { Malformed, whyLost } from './migration-errors.js';
import { toFlag } from './plan-to-flag.js';
import type { Lost } from './read-each.js';
import type { SegmentImport } from './segment-import.js';
import { whyRefused } from './why-refused.js';

/** A flag's plan, or why the flag is lost. */
export type PlanResult = { plan: FlagPlan } | Lost;

/** Makes a flag's plan, where `make` throws for what cannot be carried over. */
export function planFlag({ key, path }: { key: string; path: string }, make: () => FlagPlan): PlanResult {
  try {
    return { plan: make() };
  } catch (error) {
    return { path, key, lost: whyLost(error), malformed: error instanceof Malformed ? error : undefined };
  }
}

/**
 * Plans as definitions that our schemas accept, each flag after its prerequisites.
 *
 * @throws {RampartError} validation_failed, with all paths, where no flag of the document is what its system writes
 */
export function assemble(
  results: readonly PlanResult[],
  segments: SegmentImport,
  ledger: Ledger,
): ImportResult {
  refuseWhereNothingIsReadable(results);
  const converted = new Map<string, ConvertedFlag>();
  const lose: Lose = (path, why, key) => ledger.lost(path, `the flag is left out: ${why}`, key);
  for (const result of results) {
    if ('lost' in result) {
      lose(result.path, result.lost, result.key);
      continue;
    }
    try {
      converted.set(result.plan.key, toFlag(result.plan, ledger));
    } catch (error) {
      lose(result.plan.path, whyLost(error), result.plan.key);
    }
  }
  const known = new Set(results.map((result) => ('plan' in result ? result.plan.key : result.key)));
  const flags = inOrderOfPrerequisites(converted, known, lose);
  return { flags, segments: segments.all(), notes: ledger.notes };
}

function refuseWhereNothingIsReadable(results: readonly PlanResult[]): void {
  const faults = results.flatMap((result) =>
    'lost' in result && result.malformed ? result.malformed.field : [],
  );
  if (faults.length > 0 && faults.length === results.length) throw validationFailed(faults);
}

type Lose = (path: string, why: string, key: string | undefined) => void;

/**
 * A flag whose prerequisite is lost, missing, or depends on it in turn is lost too.
 *
 * @param known keys of all flags of the document
 */
function inOrderOfPrerequisites(
  converted: ReadonlyMap<string, ConvertedFlag>,
  known: ReadonlySet<string | undefined>,
  lose: Lose,
): FlagInput[] {
  const flags: FlagInput[] = [];
  const state = new Map<string, 'in progress' | 'done' | 'lost'>();
  const whyMissing = (key: string): string => {
    if (!known.has(key)) return `its prerequisite ${key} is not in the document`;
    return state.get(key) === 'in progress'
      ? `it and its prerequisite ${key} depend on each other`
      : `its prerequisite ${key} is left out`;
  };
  const place = ({ plan, flag }: ConvertedFlag): void => {
    if (state.has(plan.key)) return;
    state.set(plan.key, 'in progress');
    const loseThis = (path: string, why: string): void => {
      state.set(plan.key, 'lost');
      lose(path, why, plan.key);
    };
    for (const { key, path } of plan.prerequisites) {
      const needed = converted.get(key);
      if (needed) place(needed);
      if (!needed || state.get(key) !== 'done') return loseThis(path, whyMissing(key));
    }
    const whole: FlagInput = {
      ...flag,
      ...(plan.prerequisites.length > 0 && { prerequisites: prerequisitesOf(plan, converted) }),
    };
    const refused = whyRefused(flagSchema, whole);
    if (refused !== null) return loseThis(plan.path, refused);
    flags.push(whole);
    state.set(plan.key, 'done');
  };
  for (const flag of converted.values()) place(flag);
  return flags;
}

function prerequisitesOf(plan: FlagPlan, converted: ReadonlyMap<string, ConvertedFlag>) {
  return plan.prerequisites.map(({ key, variants }) => {
    const { flag, names } = converted.get(key)!;
    return { flag_id: flag.flag_id, variants: variants.map((name) => names.get(name) ?? name) };
  });
}
