import { closedUntil, LAGS, likeHours, reachBack, recentHours } from '../anomalies/reach.js';
import { watchedSeries, type WatchedSeries } from '../anomalies/series.js';
import { watchedIn } from '../anomalies/watched.js';
import { Minutes } from '../anomalies/windows.js';
import { partsOfMinutesId, type MinutesDocument } from '../metrics/minutes.js';
import type { Alarm, Anomalies } from '../model/anomaly.js';
import type { Launch } from '../model/launch.js';
import { NewestMap } from '../newest-map.js';
import type { Store } from '../store/store.js';

/** Lines of the timeline in which changes of the allocation are looked for, the newest ones. */
const MOST_LINES = 200;
/** Experiments whose newest watch is remembered. Of one that is not, it is only made again. */
const MOST_REMEMBERED = 2_000;

export interface WatchedExperiment {
  experiment_id: string;
  launch: Pick<Launch, 'control' | 'metrics' | 'watched'>;
  epoch: number;
  /** The arms that get units. */
  variants: readonly string[];
  /** The newest allocation. */
  revision: number;
}

type Sources = Pick<Store, 'minutes' | 'timeline'>;

/** What is watched of an experiment, as of a moment at which everything before `folded_until` (ms) is folded. */
export async function seriesNow(
  sources: Sources,
  { experiment_id, launch, epoch, variants }: WatchedExperiment,
  folded_until: number,
): Promise<{ until: number; series: WatchedSeries[] }> {
  const until = closedUntil(folded_until);
  const [documents, lines] = await Promise.all([
    countsFor(sources, experiment_id, epoch, until),
    sources.timeline.of(experiment_id, MOST_LINES, 0, 'desc'),
  ]);
  const metrics = watchedIn(launch);
  const changes = lines.filter(({ kind }) => kind === 'allocation_published').map(({ at }) => at);
  const counts = new Minutes(
    documents,
    variants,
    metrics.map(({ metric_id }) => metric_id),
  );
  const { control } = launch;
  return { until, series: watchedSeries(counts, { variants, control, metrics, changes, until }) };
}

/** Earlier days are read only where there are not enough weeks. */
async function countsFor(
  { minutes }: Sources,
  experiment_id: string,
  epoch: number,
  until: number,
): Promise<MinutesDocument[]> {
  const documents = await minutes.of(experiment_id, epoch, recentHours(until));
  for (const { ms } of LAGS) {
    const earlier = await minutes.of(experiment_id, epoch, likeHours(until, ms));
    documents.push(...earlier);
    const hours = earlier.map(({ _id }) => partsOfMinutesId(_id).at);
    if (reachBack(hours, until, ms)) break;
  }
  return documents;
}

/** What a look says of it. */
export function anomaliesIn(series: readonly WatchedSeries[]): Anomalies {
  const unwatched = series.filter(({ state }) => state === 'too_little_data').length;
  return {
    alarms: series.flatMap((one) => alarmOf(one) ?? []),
    watched: series.length - unwatched,
    unwatched,
  };
}

function alarmOf({ kind, metric_id, variant, since, window, points }: WatchedSeries): Alarm | null {
  if (since === null) return null;
  // The newest window of an alarm may have too little in it to say: then the last one that did.
  // There is one: an alarm began with windows that had both.
  const told = points.findLast(({ expected, value }) => expected !== null && value !== null)!;
  return {
    kind,
    ...(metric_id !== undefined && { metric_id }),
    ...(variant !== undefined && { variant }),
    since,
    value: told.value!,
    expected: told.expected!,
    window,
  };
}

/** Watches experiments again and again: nothing new is to be seen of one before the next minute is over. */
export class MinuteWatch {
  private readonly newest = new NewestMap<string, { key: string; anomalies: Anomalies }>(MOST_REMEMBERED);

  constructor(private readonly sources: Sources) {}

  /** Undefined where the experiment was started without being watched. */
  async anomalies(watched: WatchedExperiment, folded_until: number): Promise<Anomalies | undefined> {
    const { experiment_id, launch, epoch, revision, variants } = watched;
    if (!launch.watched) return undefined;
    const key = JSON.stringify([closedUntil(folded_until), epoch, revision, variants]);
    const known = this.newest.get(experiment_id);
    if (known?.key === key) return known.anomalies;
    const { series } = await seriesNow(this.sources, watched, folded_until);
    const anomalies = anomaliesIn(series);
    this.newest.set(experiment_id, { key, anomalies });
    return anomalies;
  }
}
