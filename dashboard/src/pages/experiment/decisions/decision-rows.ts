import type { Schemas } from '../../../api/client.js';
import { DECISIONS, HOLDS, type HoldCode } from '../../../words/codes.js';

type Page = NonNullable<Schemas['Decision']>;
export type DecisionLine = Page & {
  n: number;
  at: string;
  snapshot_id: string | null;
  certificate_hash: string;
};

/** A decision by itself, or a run of `continue` between others. */
export type ListItem = { kind: 'one'; decision: DecisionLine } | { kind: 'run'; decisions: DecisionLine[] };

/**
 * Runs of `continue` fold: they say that nothing was decided yet.
 *
 * @param decisions newest first
 * @param chosen is never folded, nor is the newest one
 */
export function folded(decisions: readonly DecisionLine[], chosen: number): ListItem[] {
  const items: ListItem[] = [];
  decisions.forEach((decision, index) => {
    const last = items.at(-1);
    if (decision.decision !== 'continue' || decision.n === chosen || index === 0)
      items.push({ kind: 'one', decision });
    else if (last?.kind === 'run') last.decisions.push(decision);
    else items.push({ kind: 'run', decisions: [decision] });
  });
  return items;
}

/** `Winner: similar`, `Held: no fresh events`, `On to 25 %`. */
export function decisionTitle({
  decision,
  variant,
  reasons,
}: Pick<DecisionLine, 'decision' | 'variant' | 'reasons'>): string {
  const [first] = reasons;
  if (decision === 'winner') return `Winner: ${variant}`;
  if (decision === 'hold' && first !== undefined && first.code in HOLDS)
    return `Held: ${HOLDS[first.code as HoldCode].text}`;
  const next = decision === 'advance' ? /on to ([\d.]+) %/.exec(first?.text ?? '') : null;
  return next ? `On to ${next[1]} %` : DECISIONS[decision].text;
}
