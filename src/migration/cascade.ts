import { allOf, isNever, type Conditions } from './build-conditions.js';
import type { PlannedRule, PlannedSchedule, Serve, ServedVariant } from './flag-plan.js';
import { Unsupported } from './migration-errors.js';
import { serveOf, sharesOf, type HashedRanges } from './shares.js';

/** A rule that lets units outside of its ranges fall through to the next rule. */
export interface PartialRule extends HashedRanges {
  path: string;
  description?: string | undefined;
  conditions: Conditions;
  schedule?: PlannedSchedule | undefined;
}

const MAX_RULES = 100;

/**
 * Turns rules that units fall through by their hash into rules that serve every unit they match, as ours do. Each
 * combination of partial rules that a unit may have fallen through becomes a rule of its own, with the shares that result.
 * What the last one serves is for everybody else. The shares are exact, but units are reassigned.
 *
 * @param fallback what units get that fall through all rules
 * @throws {Unsupported} where that makes more than 100 rules
 */
export function cascade(
  rules: readonly PartialRule[],
  fallback: ServedVariant,
  path: string,
): { rules: PlannedRule[]; otherwise: Serve } {
  const made: PlannedRule[] = [];
  const everybody: PartialRule = {
    path,
    conditions: {},
    hash: '',
    ranges: [{ from: 0, to: 1, variant: fallback }],
  };
  descend([...rules, everybody], 0, { conditions: [], schedule: {}, passed: [] }, made);
  const last = made.pop()!;
  return { rules: made, otherwise: last.serve };
}

/** What is known of a unit that has come to a rule. */
interface Descent {
  conditions: readonly Conditions[];
  schedule: PlannedSchedule;
  /** Rules that matched the unit and that it fell through. */
  passed: readonly PartialRule[];
}

function descend(rules: readonly PartialRule[], index: number, descent: Descent, made: PlannedRule[]): void {
  const rule = rules[index]!;
  const { path, description } = rule;
  const conditions = allOf([...descent.conditions, rule.conditions]);
  const schedule = overlap(descent.schedule, rule.schedule ?? {});
  const matchesNobody = schedule === null || rule.ranges.length === 0 || isNever(conditions);
  if (!matchesNobody && servesEveryMatch(rule)) {
    made.push({
      path,
      description,
      conditions,
      ...(Object.keys(schedule).length > 0 && { schedule }),
      serve: serveOf(sharesOf([...descent.passed, rule])),
    });
    if (made.length > MAX_RULES + 1) throw new Unsupported(`it would become more than ${MAX_RULES} rules`);
  } else if (!matchesNobody) {
    const passed = [...descent.passed, rule];
    descend(rules, index + 1, { conditions: [conditions], schedule, passed }, made);
  }
  const matchesEverybody = Object.keys(rule.conditions).length === 0 && !rule.schedule;
  if (matchesNobody || !matchesEverybody) descend(rules, index + 1, descent, made);
}

/** Null where the schedules have no moment in common. */
function overlap(a: PlannedSchedule, b: PlannedSchedule): PlannedSchedule | null {
  const from = [a.from, b.from]
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  const until = [a.until, b.until].filter((time) => time !== undefined).sort()[0];
  if (from !== undefined && until !== undefined && from >= until) return null;
  return { ...(from !== undefined && { from }), ...(until !== undefined && { until }) };
}

function servesEveryMatch({ ranges }: PartialRule): boolean {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0) > 1 - 1e-9;
}
