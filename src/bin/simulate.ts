import { randomUUID } from 'node:crypto';
import type { Api } from './http.js';

/** True rates of the simulated users, per variant. */
export interface Traffic {
  clickRate: Record<string, number>;
  errorRate: Record<string, number>;
}

/** New users of each round, and the length of a round: 160 users a second. */
const USERS_PER_ROUND = 32;
const ROUND_MS = 200;

/** New users arrive until the signal. Each is assigned, which records its exposure, and then acts by its variant. */
export async function simulateUsers(
  api: Api,
  experiment_id: string,
  traffic: Traffic,
  signal: AbortSignal,
): Promise<void> {
  for (let round = 0; !signal.aborted; round += 1) {
    const began = performance.now();
    const users = Array.from(
      { length: USERS_PER_ROUND },
      (_, index) => `user-${round}-${index}-${experiment_id}`,
    );
    const events = await Promise.all(users.map((unit_id) => visit(api, experiment_id, unit_id, traffic)));
    await api.answer('POST', '/v1/events', events.flat()).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, ROUND_MS - (performance.now() - began))));
  }
}

/** One user. Answers the events that it causes. */
async function visit(api: Api, experiment_id: string, unit_id: string, traffic: Traffic): Promise<object[]> {
  const attributes = { segments: ['active_users'] };
  const answer = await api
    .answer('POST', `/v1/experiments/${experiment_id}/assignments`, { unit_id, attributes })
    .catch(() => null);
  if (!answer || answer.status !== 200) return [];
  const variant = String(answer.body['variant']);
  const event = (type: string, value?: number): object => ({
    event_id: randomUUID(),
    type,
    unit_id,
    timestamp: new Date().toISOString(),
    ...(value !== undefined && { value }),
  });
  return [
    ...(Math.random() < (traffic.clickRate[variant] ?? 0) ? [event('click')] : []),
    ...(Math.random() < (traffic.errorRate[variant] ?? 0) ? [event('error')] : []),
    event('engagement', Math.round(-60 * Math.log(1 - Math.random()))),
    event('request', 80 + 120 * Math.random()),
  ];
}
