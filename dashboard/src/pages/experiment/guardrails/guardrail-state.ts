import type { Schemas } from '../../../api/client.js';
import { count, evidence } from '../../../words/format.js';
import { lackText } from '../../../words/unmeasured.js';

/** One guardrail of one treatment, on its way to the e-value at which it rolls back. */
export interface GuardrailState {
  metric_id: string;
  variant: string;
  /** The segment in which it is; null for all units. */
  segment: string | null;
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

/** Every guardrail of every treatment, those nearest to their roll-back first. Of segments the one nearest to it. */
export function guardrailsOf(results: Schemas['Results'], plan: Schemas['Plan']): GuardrailState[] {
  const found = results.evidence.metrics
    .filter(({ role }) => role === 'guardrail')
    .flatMap(({ metric_id, comparisons }) =>
      comparisons.flatMap(({ variant, guardrail }) => [
        ofAllUnits(results, plan, metric_id, variant, guardrail),
        ...fullestSegment(results, plan, metric_id, variant),
      ]),
    );
  return found.sort((a, b) => (b.log_e_harm ?? -Infinity) - (a.log_e_harm ?? -Infinity));
}

function ofAllUnits(
  results: Schemas['Results'],
  plan: Schemas['Plan'],
  metric_id: string,
  variant: string,
  guardrail: Schemas['Comparison']['guardrail'],
): GuardrailState {
  const isSeen = guardrail?.status === 'ok' && guardrail.log_e_harm !== null;
  const lacks = isSeen ? null : lackOf(results, metric_id, variant, guardrail?.lacks ?? 'evidence');
  return stateOf(results, plan, {
    ...{ metric_id, variant, segment: null, lacks },
    margin: guardrail?.margin ?? null,
    log_e_harm: isSeen ? guardrail.log_e_harm : null,
    log_e_non_inferior: guardrail?.log_e_non_inferior ?? null,
    p_value: guardrail?.p_value ?? null,
  });
}

function fullestSegment(
  results: Schemas['Results'],
  plan: Schemas['Plan'],
  metric_id: string,
  variant: string,
): GuardrailState[] {
  const seen = (results.evidence.segments ?? []).flatMap(({ segment, guardrails }) =>
    guardrails
      .filter((one) => one.metric_id === metric_id && one.variant === variant && one.log_e_harm !== null)
      .map((one) => stateOf(results, plan, { ...one, segment, log_e_non_inferior: null, lacks: null })),
  );
  return seen.sort((a, b) => b.log_e_harm! - a.log_e_harm!).slice(0, 1);
}

type Known = Pick<
  GuardrailState,
  'metric_id' | 'variant' | 'segment' | 'log_e_harm' | 'log_e_non_inferior' | 'p_value' | 'lacks'
> & { margin: number | null };

function stateOf(results: Schemas['Results'], plan: Schemas['Plan'], known: Known): GuardrailState {
  const { metric_id, log_e_harm, p_value } = known;
  const harm = results.harm_threshold ?? plan.thresholds.harm;
  const isHarm = log_e_harm !== null && log_e_harm >= Math.log(harm);
  const isSuspect = (p_value ?? 1) < plan.thresholds.suspect;
  const planned = plan.metrics.find((metric) => metric.metric_id === metric_id);
  return {
    ...known,
    margin: known.margin ?? planned?.margin ?? 0,
    direction: planned?.direction ?? 'decrease',
    threshold: harm,
    tone: isHarm ? 'harm' : isSuspect ? 'hold' : 'plain',
    said:
      log_e_harm === null
        ? 'blind'
        : `${evidence(log_e_harm)} of ${count(Math.ceil(harm))}${isHarm ? ', proven' : isSuspect ? ', suspect' : ''}`,
  };
}

/** `error_rate of treatment`, and where it is not that of all units `in ios`. */
export function guardrailName({
  metric_id,
  variant,
  segment,
}: Pick<GuardrailState, 'metric_id' | 'variant' | 'segment'>): string {
  return `${metric_id} of ${variant}${segment === null ? '' : ` in ${segment}`}`;
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
  if (harm) return `${guardrailName(harm)} proves harm`;
  const suspect = guardrails.find(({ tone }) => tone === 'hold');
  if (suspect) return `${guardrailName(suspect)} looks worse, which is not proven`;
  const all = guardrails.filter(({ segment }) => segment === null);
  const blind = all.filter(({ lacks }) => lacks !== null).length;
  if (blind === all.length) return 'No guardrail can be seen yet';
  return blind > 0
    ? `${blind} of ${all.length} guardrails cannot be seen yet`
    : 'No guardrail is near its roll-back';
}
