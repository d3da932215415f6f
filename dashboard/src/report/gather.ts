import type { Certificate } from '../../../src/certificates/certificate.js';
import { api, bodyOf } from '../api/client.js';
import { certificateQuery } from '../api/history.js';
import { experimentQuery, lookQuery, planQuery, resultsQuery, seriesQuery } from '../api/queries.js';
import { queryClient } from '../app/query-client.js';
import { askEngine } from '../certificates/ask.js';
import type { DecisionLine } from '../pages/experiment/decisions/decision-rows.js';
import { planAt, seriesUntil } from '../pages/experiment/past/as-of.js';
import type { Reported } from './report.js';

/** Certificates that are asked for at once. */
const AT_ONCE = 4;
const PAGE = 100;
/** Decisions of a report, the newest: a file of more is no letter any more. The API has the others. */
const MOST_DECISIONS = 300;

/**
 * All that a report tells of an experiment, of a look where one is named; null where nothing was measured yet.
 *
 * @throws ApiError where something cannot be read
 */
export async function gather(
  experiment_id: string,
  look: string | undefined,
): Promise<Omit<Reported, 'made_at' | 'version' | 'origin'> | null> {
  const fresh = { staleTime: 0 };
  const experiment = await queryClient.fetchQuery({ ...experimentQuery(experiment_id), ...fresh });
  const [results, plan, series] = await Promise.all([
    look === undefined
      ? queryClient.fetchQuery(resultsQuery(experiment))
      : queryClient.fetchQuery(lookQuery(experiment_id, look)),
    queryClient.fetchQuery({ ...planQuery(experiment), ...fresh }),
    queryClient.fetchQuery(seriesQuery(experiment_id)),
  ]);
  if (results === null || plan === null) return null;
  const isPast = look !== undefined;
  const at = Date.parse(results.at);
  const decisions = await decisionsOf(experiment_id, isPast ? (results.decision_n ?? 0) : Infinity);
  const certificates = await certificatesOf(experiment_id, decisions);
  const decided = certificates.find(({ n }) => n === results.decision_n);
  return {
    experiment,
    results,
    plan: isPast ? planAt(plan, at) : plan,
    series: isPast ? seriesUntil(series, at) : series,
    decisions,
    certificates: JSON.stringify(certificates, null, 1),
    walked: decided ? await askEngine({ kind: 'walk', certificate: decided }) : null,
    isPast,
  };
}

/** Decisions up to a number, the newest first. */
async function decisionsOf(experiment_id: string, last: number): Promise<DecisionLine[]> {
  const all: DecisionLine[] = [];
  let cursor: string | undefined;
  do {
    const page = await bodyOf(
      api.GET('/v1/experiments/{experiment_id}/decisions', {
        params: {
          path: { experiment_id },
          query: { order: 'desc', limit: PAGE, ...(cursor !== undefined && { cursor }) },
        },
      }),
    );
    all.push(...page.items.filter(({ n }) => n <= last));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && all.length < MOST_DECISIONS);
  return all.slice(0, MOST_DECISIONS);
}

/** Their certificates, the oldest first, as a chain is checked. */
async function certificatesOf(
  experiment_id: string,
  decisions: readonly DecisionLine[],
): Promise<Certificate[]> {
  const numbers = decisions.map(({ n }) => n).sort((a, b) => a - b);
  const all: Certificate[] = [];
  for (let at = 0; at < numbers.length; at += AT_ONCE) {
    const some = numbers
      .slice(at, at + AT_ONCE)
      .map((n) => queryClient.fetchQuery(certificateQuery(experiment_id, n)));
    all.push(...((await Promise.all(some)) as unknown as Certificate[]));
  }
  return all;
}
