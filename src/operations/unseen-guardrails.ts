import type { Launch } from '../model/launch.js';
import { eventTypesOf } from '../model/metric.js';
import { DAY_MS } from '../model/time.js';
import type { Store } from '../store/store.js';

const WITHIN_MS = 7 * DAY_MS;

export interface UnseenGuardrail {
  code: 'guardrail_unseen';
  text: string;
}

/** The guardrails that could not object now, because no event that they count arrived in the last 7 days. */
export async function unseenGuardrails(
  { eventTypes }: Pick<Store, 'eventTypes'>,
  { metrics }: Pick<Launch, 'metrics'>,
  now: number,
): Promise<UnseenGuardrail[]> {
  const guardrails = metrics.filter(({ role }) => role === 'guardrail').map(({ metric }) => metric);
  const types = guardrails.flatMap(eventTypesOf);
  if (types.length === 0) return [];
  const seen = await eventTypes.lastSeen(types);
  return guardrails.flatMap((metric) => {
    const unseen = eventTypesOf(metric).filter((type) => now - (seen.get(type) ?? -Infinity) > WITHIN_MS);
    if (unseen.length === 0) return [];
    const text =
      `guardrail ${metric.metric_id}: no event of type ${unseen.join(' or ')} arrived in the last 7 days; ` +
      'if that is not because nothing went wrong, check that your service sends it under this name';
    return [{ code: 'guardrail_unseen' as const, text }];
  });
}

/** What to say of every guardrail where it could not be looked up: not to know is no reason to be silent. */
export function unknownGuardrails({ metrics }: Pick<Launch, 'metrics'>): UnseenGuardrail[] {
  return metrics
    .filter(({ role, metric }) => role === 'guardrail' && eventTypesOf(metric).length > 0)
    .map(({ metric }) => ({
      code: 'guardrail_unseen' as const,
      text:
        `guardrail ${metric.metric_id}: whether events of type ${eventTypesOf(metric).join(' or ')} arrived in the last ` +
        '7 days is not known, because they could not be looked up; check that your service sends them',
    }));
}
