import type { Schemas } from '../../../api/client.js';

export type BacktestDecision = Pick<Schemas['Decision'], 'row' | 'decision' | 'reasons' | 'variant'> & {
  n: number;
  at: string;
};

/** A moment at which one of two policies decided something else than before; null: it had decided nothing by then. */
export interface Moment {
  at: string;
  left: BacktestDecision | null;
  right: BacktestDecision | null;
  /** Which of the two decided just then; the other one goes on with what it decided before. */
  isNew: { left: boolean; right: boolean };
  differs: boolean;
}

/**
 * What two policies decided on the same looks, moment by moment.
 *
 * @param left in the order of time, as `right`
 */
export function sideBySide(
  left: readonly BacktestDecision[],
  right: readonly BacktestDecision[],
): { moments: Moment[]; first: Moment | null } {
  const times = [...new Set([...left, ...right].map(({ at }) => at))].sort();
  const moments = times.map((at): Moment => {
    const [one, other] = [until(left, at), until(right, at)];
    return {
      at,
      left: one,
      right: other,
      isNew: { left: one?.at === at, right: other?.at === at },
      differs: !isSame(one, other),
    };
  });
  return { moments, first: moments.find(({ differs }) => differs) ?? null };
}

/** The last one up to a moment. */
function until(decisions: readonly BacktestDecision[], at: string): BacktestDecision | null {
  return decisions.findLast((one) => one.at <= at) ?? null;
}

function isSame(one: BacktestDecision | null, other: BacktestDecision | null): boolean {
  return one?.row === other?.row && one?.decision === other?.decision && one?.variant === other?.variant;
}
