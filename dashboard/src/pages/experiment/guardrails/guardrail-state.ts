import type { Schemas } from '../../../api/client.js';
import { count, evidence } from '../../../words/format.js';
import { lackText } from '../../../words/unmeasured.js';

/** One guardrail of one treatment, on its way to the e-value at which it rolls back. */
export interface GuardrailState {
  metric_id: string;
  variant: string;
  margin: number;
  direction: 'increase' | 'decrease';
  /** Null where it is blind. */
  log_e_harm: number | null;
  log_e_non_inferior: number | null;
  p_value: number | null;
  threshold: number;
  /** What it lacks to be seen; null where it could object. */
  lacks: string | null;
  tone: 'plain' | 'hold' | 'harm';
  said: string;
}

/** What keeps a guardrail from being seen, where it is not that something is too few. */
const LACKS: Record<string, string> = {
  data: 'no data yet',
  evidence: 'no evidence, although there are data',
};

/** Every guardrail of every treatment, those nearest to their roll-back first. */
export function guardrailsOf(results: Schemas['Results'], plan: Schemas['Plan']): GuardrailState[] {
  const { suspect } = plan.thresholds;
  const harm = results.harm_threshold ?? plan.thresholds.harm;
  const found = results.evidence.metrics
    .filter(({ role }) => role === 'guardrail')
    .flatMap(({ metric_id, comparisons }) =>
      comparisons.map(({ variant, guardrail }): GuardrailState => {
        const isSeen = guardrail?.status === 'ok' && guardrail.log_e_harm !== null;
        const log_e_harm = isSeen ? guardrail.log_e_harm : null;
        const isHarm = log_e_harm !== null && log_e_harm >= Math.log(harm);
        const isSuspect = (guardrail?.p_value ?? 1) < suspect;
        const known = plan.metrics.find((metric) => metric.metric_id === metric_id);
        return {
          metric_id,
          variant,
          margin: guardrail?.margin ?? known?.margin ?? 0,
          direction: known?.direction ?? 'decrease',
          log_e_harm,
          log_e_non_inferior: guardrail?.log_e_non_inferior ?? null,
          p_value: guardrail?.p_value ?? null,
          threshold: harm,
          lacks: isSeen ? null : lackOf(results, metric_id, variant, guardrail?.lacks ?? 'evidence'),
          tone: isHarm ? 'harm' : isSuspect ? 'hold' : 'plain',
          said: isSeen
            ? `${evidence(log_e_harm)} of ${count(Math.ceil(harm))}${isHarm ? ', proven' : isSuspect ? ', suspect' : ''}`
            : 'blind',
        };
      }),
    );
  return found.sort((a, b) => (b.log_e_harm ?? -Infinity) - (a.log_e_harm ?? -Infinity));
}

function lackOf(
  { unmeasured }: Schemas['Results'],
  metric_id: string,
  variant: string,
  lacks: string,
): string {
  const lack = unmeasured.find((one) => one.metric_id === metric_id && one.variant === variant);
  return lack ? lackText(lack) : (LACKS[lacks] ?? 'it cannot be seen');
}

/** What they say together. */
export function guardrailFinding(guardrails: readonly GuardrailState[]): string {
  const harm = guardrails.find(({ tone }) => tone === 'harm');
  if (harm) return `${harm.metric_id} of ${harm.variant} proves harm`;
  const suspect = guardrails.find(({ tone }) => tone === 'hold');
  if (suspect) return `${suspect.metric_id} of ${suspect.variant} looks worse, which is not proven`;
  const blind = guardrails.filter(({ lacks }) => lacks !== null).length;
  if (blind === guardrails.length) return 'No guardrail can be seen yet';
  return blind > 0
    ? `${blind} of ${guardrails.length} guardrails cannot be seen yet`
    : 'No guardrail is near its roll-back';
}
