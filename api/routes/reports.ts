import type { Flag } from '../../src/model/flag.js';
import type { Stored } from '../../src/store/definitions.js';
import { validationFailed } from '../../src/errors.js';
import type { ApiContext } from '../context.js';
import { route, type Route } from '../route.js';
import { DAY_MS } from '../../src/model/time.js';

const USUAL_DAYS = 30;

/** What should be tidied up. */
export function reportRoutes({ store }: ApiContext): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/reports/stale-flags',
      action: 'read',
      summary:
        'Flags that decide nothing any more, so that the code can do without; `days` since the last change',
      async handle({ query }) {
        const days = query['days'] === undefined ? USUAL_DAYS : Number(query['days']);
        if (!(days >= 0)) {
          const message = 'must be a number of days';
          throw validationFailed([{ path: 'days', code: 'invalid_value', message }]);
        }
        const driven = new Set((await store.experiments.underWay()).map((one) => one.flag_id));
        const before = Date.now() - days * DAY_MS;
        const items = (await store.flags.all())
          .filter(({ _id }) => !driven.has(_id))
          .flatMap((stored) => {
            const reason = staleness(stored, before);
            return reason ? [{ flag_id: stored._id, ...reason, since: stored.updated_at }] : [];
          });
        return { status: 200, body: { items, next_cursor: null } };
      },
    }),
  ];
}

/** Why a flag is stale: an experiment is over, or for long now everybody has got the same. */
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
    remedy: 'everybody gets the same: put that into the code, then delete the flag',
  };
}
