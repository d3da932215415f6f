import { z } from 'zod';
import { validationFailed } from '../../src/errors.js';
import type { Insight } from '../../src/lifecycle/insight.js';
import { InsightTally } from '../../src/lifecycle/insight-tally.js';
import { iso } from '../../src/iso.js';
import { DAY_MS } from '../../src/model/time.js';
import { findInsights } from '../../src/operations/find-insights.js';
import type { ApiContext } from '../context.js';
import { own } from '../environments.js';
import { momentText } from '../query.js';
import { route, type Route } from '../route.js';
import { insights, type InsightsAnswer } from '../schemas/insights.js';

const USUAL_DAYS = 90;
/** One answer reads at most so many experiments. */
const MOST_EXPERIMENTS = 1_000;

const query = z.strictObject({
  from: momentText.optional().meta({
    description: `Only what ended from then on; ${USUAL_DAYS} days before \`until\` where it is left out.`,
  }),
  until: momentText.optional().meta({ description: 'Only what ended until then; now where it is left out.' }),
});

/** What experiments were worth. */
export function insightRoutes({ store }: ApiContext): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/insights',
      action: 'read',
      environments: own,
      tag: 'reports',
      summary: 'What the experiments were worth that ended in a time: outcomes, effects, harm that was found',
      query,
      replies: { 200: insights },
      async handle({ query: { from: given, until = Date.now() }, caller }) {
        const from = given ?? until - USUAL_DAYS * DAY_MS;
        if (from > until)
          throw validationFailed([
            { path: 'from', code: 'out_of_range', message: 'must not be later than until' },
          ]);
        const filter = { from, until, order: 'desc', environments: caller.environments } as const;
        const found = await findInsights(store, filter, MOST_EXPERIMENTS + 1);
        const truncated = found.read > MOST_EXPERIMENTS;
        return { status: 200, body: answerOf(found.insights, truncated, from, until) };
      },
    }),
  ];
}

/** @param found the newest end first */
function answerOf(
  found: readonly Insight[],
  truncated: boolean,
  from: number,
  until: number,
): InsightsAnswer {
  const shown = found.slice(0, MOST_EXPERIMENTS);
  const tally = new InsightTally();
  for (const insight of shown) tally.add(insight);
  const of = (outcome: Insight['outcome']): number => tally.outcomes.get(outcome) ?? 0;
  return {
    from: iso(from),
    until: iso(until),
    experiments: shown.length,
    truncated,
    outcomes: {
      shipped: of('shipped'),
      rolled_back: of('rolled_back'),
      no_effect: of('no_effect'),
      inconclusive: of('inconclusive'),
      stopped: of('stopped'),
    },
    completed_share: tally.completed_share,
    decided_share: tally.decided_share,
    guardrail_saves: tally.guardrail_saves,
    time_to_decision: durations(shown.map(({ decided_after }) => decided_after)),
    harm_served: durations(shown.map(({ harm_served }) => harm_served)),
    effects: tally.meanEffects(),
    revenue: tally.revenue(),
    shipped: shown.flatMap(({ experiment_id, ended_at, effects }) =>
      effects.map((effect) => ({ experiment_id, ended_at: iso(ended_at), ...effect })),
    ),
  };
}

/** @param given ms; null where there is none */
function durations(given: readonly (number | null)[]): InsightsAnswer['time_to_decision'] {
  const sorted = given.filter((one) => one !== null).sort((a, b) => a - b);
  const { length } = sorted;
  if (length === 0) return null;
  const median = (sorted[Math.floor((length - 1) / 2)]! + sorted[Math.floor(length / 2)]!) / 2;
  return {
    experiments: length,
    median_seconds: median / 1000,
    longest_seconds: sorted.at(-1)! / 1000,
  };
}
