import { flagSchema, type FlagInput } from '../model/flag.js';
import type { ConvertedFlag } from './converted-flag.js';
import type { FlagPlan } from './flag-plan.js';
import type { ImportResult } from './import-result.js';
import type { Ledger } from './ledger.js';
import { Unsupported } from './migration-errors.js';
import { toFlag } from './plan-to-flag.js';
import type { SegmentImport } from './segment-import.js';

/** A flag's plan, or why the flag is lost. */
export type PlanResult = { plan: FlagPlan } | { path: string; lost: string };

/** Makes a flag's plan, where `make` throws `Unsupported` for what cannot be carried over. */
export function planFlag(path: string, make: () => FlagPlan): PlanResult {
  try {
    return { plan: make() };
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    return { path, lost: error.message };
  }
}

/** Plans as definitions that our schemas accept, each flag after its prerequisites. */
export function assemble(
  results: readonly PlanResult[],
  segments: SegmentImport,
  ledger: Ledger,
): ImportResult {
  const converted = new Map<string, ConvertedFlag>();
  const lose = (path: string, why: string): void => ledger.lost(path, `the flag is left out: ${why}`);
  for (const result of results) {
    if ('lost' in result) {
      lose(result.path, result.lost);
      continue;
    }
    try {
      converted.set(result.plan.key, toFlag(result.plan, ledger));
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      lose(result.plan.path, error.message);
    }
  }
  const flags = inOrderOfPrerequisites(converted, lose);
  return { flags, segments: segments.all(), notes: ledger.notes };
}

/** A flag whose prerequisite is lost, missing, or depends on it in turn is lost too. */
function inOrderOfPrerequisites(
  converted: ReadonlyMap<string, ConvertedFlag>,
  lose: (path: string, why: string) => void,
): FlagInput[] {
  const flags: FlagInput[] = [];
  const state = new Map<string, 'in progress' | 'done' | 'lost'>();
  const whyMissing = (key: string): string => {
    if (!converted.has(key)) return `its prerequisite ${key} is not in the document`;
    return state.get(key) === 'in progress'
      ? `it and its prerequisite ${key} depend on each other`
      : `its prerequisite ${key} is left out`;
  };
  const place = ({ plan, flag }: ConvertedFlag): void => {
    if (state.has(plan.key)) return;
    state.set(plan.key, 'in progress');
    const loseThis = (path: string, why: string): void => {
      state.set(plan.key, 'lost');
      lose(path, why);
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
    const checked = flagSchema.safeParse(whole);
    if (!checked.success) {
      const issues = checked.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
      return loseThis(plan.path, issues.join('; '));
    }
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
