import { all, NEVER, type Conditions } from './conditions.js';
import { Unsupported } from './fields.js';

/** An outcome by its name; null is the code's own default. */
export type Outcome = string | null;

/** A part of a hash line, 0 to 1, with what is served there. */
export interface Piece {
  from: number;
  to: number;
  outcome: Outcome;
}

/** From (inclusive) to until (exclusive), ISO 8601 in UTC. */
export interface Schedule {
  from?: string;
  until?: string;
}

/** A rule that lets the units of no piece pass on to the next. Rules with the same `line` hash units alike. */
export interface PartialRule {
  path: string;
  description?: string | undefined;
  conditions: Conditions;
  schedule?: Schedule | undefined;
  line: string;
  pieces: Piece[];
}

/** Shares by outcome; they add up to 1. */
export type Shares = Map<Outcome, number>;

export interface Step {
  path: string;
  description?: string | undefined;
  conditions: Conditions;
  schedule?: Schedule | undefined;
  serve: Outcome | Shares;
}

const MOST_STEPS = 100;

/**
 * Rules whose units fall through by chance, as rules that deal everybody they match: each combination of partial rules
 * that a unit may have fallen through becomes a rule of its own with the shares that come of it. What the last gives is
 * for everybody else. Shares are exact; which unit is in which share is dealt anew by whoever serves it.
 *
 * @throws {Unsupported} where more than 100 rules come of it
 */
export function cascade(
  rules: readonly PartialRule[],
  fallback: Outcome,
  path: string,
): { rules: Step[]; otherwise: Outcome | Shares } {
  const steps: Step[] = [];
  const everything: PartialRule = {
    path,
    conditions: {},
    line: '',
    pieces: [{ from: 0, to: 1, outcome: fallback }],
  };
  descend([...rules, everything], 0, { conditions: [], schedule: {}, fallen: [] }, steps);
  const last = steps.pop()!;
  return { rules: steps, otherwise: last.serve };
}

/** What is known of a unit that has come to a rule. */
interface Way {
  conditions: readonly Conditions[];
  schedule: Schedule;
  fallen: readonly PartialRule[];
}

function descend(rules: readonly PartialRule[], index: number, way: Way, steps: Step[]): void {
  const rule = rules[index]!;
  const { path, description } = rule;
  const conditions = all([...way.conditions, rule.conditions]);
  const schedule = overlap(way.schedule, rule.schedule ?? {});
  const isNever =
    schedule === null || rule.pieces.length === 0 || JSON.stringify(conditions) === JSON.stringify(NEVER);
  if (!isNever && isTotal(rule)) {
    steps.push({
      path,
      description,
      conditions,
      ...(Object.keys(schedule).length > 0 && { schedule }),
      serve: served(sharesOf([...way.fallen, rule])),
    });
    if (steps.length > MOST_STEPS + 1)
      throw new Unsupported(`more than ${MOST_STEPS} rules would come of it`);
  } else if (!isNever) {
    descend(rules, index + 1, { conditions: [conditions], schedule, fallen: [...way.fallen, rule] }, steps);
  }
  const isForEverybody = Object.keys(rule.conditions).length === 0 && !rule.schedule;
  if (isNever || !isForEverybody) descend(rules, index + 1, way, steps);
}

function overlap(a: Schedule, b: Schedule): Schedule | null {
  const from = [a.from, b.from]
    .filter((one) => one !== undefined)
    .sort()
    .at(-1);
  const until = [a.until, b.until].filter((one) => one !== undefined).sort()[0];
  if (from !== undefined && until !== undefined && from >= until) return null;
  return { ...(from !== undefined && { from }), ...(until !== undefined && { until }) };
}

export function served(shares: Shares): Outcome | Shares {
  const kept = new Map([...shares].filter(([, share]) => share > 1e-9));
  return kept.size === 1 ? [...kept.keys()][0]! : kept;
}

function isTotal({ pieces }: PartialRule): boolean {
  return pieces.reduce((sum, { from, to }) => sum + to - from, 0) > 1 - 1e-9;
}

/** What of all units each outcome gets where rule after rule takes its pieces of what the earlier ones left. */
export function sharesOf(rules: readonly PartialRule[]): Shares {
  const shares: Shares = new Map();
  deal(rules, new Map(), 1, shares);
  return shares;
}

function deal(
  [rule, ...later]: readonly PartialRule[],
  within: ReadonlyMap<string, readonly [number, number]>,
  share: number,
  shares: Shares,
): void {
  if (!rule || share <= 0) return;
  const [low, high] = within.get(rule.line) ?? [0, 1];
  const cuts = [low, high, ...rule.pieces.flatMap(({ from, to }) => [from, to])]
    .filter((cut) => cut >= low && cut <= high)
    .sort((a, b) => a - b);
  for (const [index, from] of cuts.slice(0, -1).entries()) {
    const to = cuts[index + 1]!;
    if (to <= from) continue;
    const part = (share * (to - from)) / (high - low);
    const middle = (from + to) / 2;
    const piece = rule.pieces.find((one) => one.from <= middle && middle < one.to);
    if (piece) shares.set(piece.outcome, (shares.get(piece.outcome) ?? 0) + part);
    else deal(later, new Map([...within, [rule.line, [from, to]]]), part, shares);
  }
}

/** Pieces one after the other: as wide as the weights say, of `total`. */
export function stacked(
  weights: readonly (readonly [Outcome, number])[],
  total: number,
  coverage = 1,
): Piece[] {
  let start = 0;
  return weights.flatMap(([outcome, weight]) => {
    const piece = { from: start / total, to: (start + weight * coverage) / total, outcome };
    start += weight;
    return piece.to > piece.from ? [piece] : [];
  });
}
