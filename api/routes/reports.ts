import { z } from 'zod';
import type { Flag } from '../../src/model/flag.js';
import { DAY_MS } from '../../src/model/time.js';
import type { Stored } from '../../src/store/definitions.js';
import type { ApiContext } from '../context.js';
import { numberText, paging } from '../query.js';
import { isVisible, own } from '../environments.js';
import { route, type Route } from '../route.js';
import { staleFlagPage } from '../schemas/definitions.js';
import { pageInMemory } from './page-in-memory.js';

const USUAL_DAYS = 30;

const staleQuery = z.strictObject({
  ...paging,
  days: numberText({ least: 0, most: Number.MAX_VALUE, message: 'must be a number of days' })
    .optional()
    .transform((days) => days ?? USUAL_DAYS)
    .meta({ description: `Days since the last change; ${USUAL_DAYS} where it is left out.` }),
});

/** What should be tidied up. */
export function reportRoutes({ store }: ApiContext): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/reports/stale-flags',
      action: 'read',
      environments: own,
      tag: 'reports',
      summary: 'Flags that no longer decide anything, so that the code can do without them',
      query: staleQuery,
      replies: { 200: staleFlagPage },
      async handle({ query: { days, limit, cursor }, caller }) {
        const driven = new Set((await store.experiments.underWay()).map(({ flag_id }) => flag_id));
        const before = Date.now() - days * DAY_MS;
        const items = (await store.flags.all())
          .filter(({ _id, definition }) => !driven.has(_id) && isVisible(caller, definition.environments))
          .flatMap((stored) => {
            const reason = staleness(stored, before);
            return reason ? [{ flag_id: stored._id, ...reason, since: stored.updated_at }] : [];
          });
        const byId = new Map(items.map((item) => [item.flag_id, item]));
        return { status: 200, body: pageInMemory(byId, { limit, cursor }) };
      },
    }),
  ];
}

/** Why a flag is stale: its experiment is over, or everybody has got the same for a long time. */
function staleness(
  { definition: flag, updated_at }: Stored<Flag>,
  before: number,
): { reason: 'shipped' | 'off' | 'constant'; remedy: string } | null {
  const won = flag.rules?.find((rule) => rule.experiment_id !== undefined);
  if (won) {
    return {
      reason: 'shipped',
      remedy: `experiment ${won.experiment_id} is over: keep the winner in the code, then delete the flag`,
    };
  }
  if (Date.parse(updated_at) > before) return null;
  if (!flag.enabled)
    return { reason: 'off', remedy: 'nobody gets it: take it out of the code, then delete it' };
  const isConstant =
    (flag.rules ?? []).length === 0 &&
    flag.target_segments === undefined &&
    flag.segments === undefined &&
    (flag.variants
      ? Object.values(flag.variants).some(({ weight }) => weight === 100)
      : [undefined, 0, 100].includes(flag.rollout_percentage));
  if (!isConstant) return null;
  return {
    reason: 'constant',
    remedy: 'everybody gets the same value: put it into the code, then delete the flag',
  };
}
