import type { Launch } from '../model/launch.js';
import { propertiesOf } from '../metrics/named-properties.js';
import { eventTypesOf, type Metric } from '../model/metric.js';
import { DAY_MS } from '../model/time.js';
import type { RecentEvent } from '../store/recent-events.js';
import type { Store } from '../store/store.js';

const WITHIN_MS = 7 * DAY_MS;
/** Events that came lately, among which properties are looked for. */
const RECENT = 1_000;

export interface UnseenGuardrail {
  code: 'guardrail_unseen';
  text: string;
}

/**
 * The guardrails that could not object now, because no event that they count arrived in the last 7 days, or because those that
 * came lately have not what they read.
 */
export async function unseenGuardrails(
  { eventTypes, recentEvents }: Pick<Store, 'eventTypes' | 'recentEvents'>,
  { metrics }: Pick<Launch, 'metrics'>,
  now: number,
): Promise<UnseenGuardrail[]> {
  const guardrails = metrics.filter(({ role }) => role === 'guardrail').map(({ metric }) => metric);
  const types = guardrails.flatMap(eventTypesOf);
  if (types.length === 0) return [];
  const seen = await eventTypes.lastSeen(types);
  const reading = guardrails.filter((metric) => propertiesOf(metric).length > 0);
  const recent = reading.length === 0 ? [] : await recentEvents.newest(RECENT, now);
  return [
    ...unseenTypes(guardrails, seen, now),
    ...reading.flatMap((metric) => unseenProperties(metric, recent)),
  ];
}

function unseenTypes(
  guardrails: readonly Metric[],
  seen: ReadonlyMap<string, number>,
  now: number,
): UnseenGuardrail[] {
  return guardrails.flatMap((metric) => {
    const unseen = eventTypesOf(metric).filter((type) => now - (seen.get(type) ?? -Infinity) > WITHIN_MS);
    if (unseen.length === 0) return [];
    const text =
      `guardrail ${metric.metric_id}: no event of type ${unseen.join(' or ')} arrived in the last 7 days; ` +
      'if that is not because nothing went wrong, check that your service sends it under this name';
    return [{ code: 'guardrail_unseen' as const, text }];
  });
}

/** A property that is misspelt would make every event one that does not count. */
function unseenProperties(metric: Metric, recent: readonly RecentEvent[]): UnseenGuardrail[] {
  const own = recent.filter(({ type }) => type === metric.event);
  const unseen = propertiesOf(metric)
    .map(({ name }) => name)
    .filter((name) => !own.some(({ properties = {} }) => Object.hasOwn(properties, name)));
  if (own.length === 0 || unseen.length === 0) return [];
  const text =
    `guardrail ${metric.metric_id}: none of the last ${own.length} events of type ${metric.event} had the property ` +
    `${unseen.join(' or ')}, which it reads; check that your service sends it under this name`;
  return [{ code: 'guardrail_unseen', text }];
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
