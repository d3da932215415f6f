import { flagSchema, type FlagInput } from '../model/flag.js';
import { Unsupported } from './fields.js';
import type { Imported } from './imported.js';
import type { Ledger } from './ledger.js';
import { make, type Made, type Plan } from './plan.js';
import type { Shelf } from './shelf.js';

/** A flag that could be read, or why it could not. */
export type Planned = { plan: Plan } | { key: string; path: string; lost: string };

/** Reads a flag. What it can not carry over without serving others differently, it throws as `Unsupported`. */
export function planned(key: string, path: string, read: () => Plan): Planned {
  try {
    return { plan: read() };
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    return { key, path, lost: error.message };
  }
}

/** Plans as definitions that our schemas accept, prerequisites first. A flag whose prerequisite is lost is lost with it. */
export function finish(all: readonly Planned[], shelf: Shelf, ledger: Ledger): Imported {
  const made = new Map<string, Made>();
  const lose = (path: string, why: string): void => ledger.lost(path, `the flag is left out: ${why}`);
  for (const one of all) {
    if ('lost' in one) {
      lose(one.path, one.lost);
      continue;
    }
    try {
      made.set(one.plan.key, make(one.plan, ledger));
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      lose(one.plan.path, error.message);
    }
  }
  const flags: FlagInput[] = [];
  const state = new Map<string, 'under way' | 'done' | 'lost'>();
  const place = ({ plan, flag, names: _ }: Made): void => {
    if (state.has(plan.key)) return;
    state.set(plan.key, 'under way');
    for (const { key, path } of plan.prerequisites) {
      const needed = made.get(key);
      if (needed) place(needed);
      if (needed && state.get(key) === 'done') continue;
      const why = needed
        ? state.get(key) === 'under way'
          ? `its prerequisite ${key} needs it in turn`
          : `its prerequisite ${key} is left out`
        : `its prerequisite ${key} is not here`;
      state.set(plan.key, 'lost');
      return lose(path, why);
    }
    const whole: FlagInput = {
      ...flag,
      ...(plan.prerequisites.length > 0 && { prerequisites: prerequisitesOf(plan, made) }),
    };
    const checked = flagSchema.safeParse(whole);
    if (checked.success) {
      flags.push(whole);
      state.set(plan.key, 'done');
      return;
    }
    state.set(plan.key, 'lost');
    lose(
      plan.path,
      checked.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
    );
  };
  for (const one of made.values()) place(one);
  return { flags, segments: shelf.all(), notes: ledger.notes };
}

function prerequisitesOf(plan: Plan, made: ReadonlyMap<string, Made>) {
  return plan.prerequisites.map(({ key, variants }) => {
    const { flag, names } = made.get(key)!;
    return { flag_id: flag.flag_id, variants: variants.map((name) => names.get(name) ?? name) };
  });
}
