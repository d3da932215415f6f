import { BASELINES, seriesValue, type Watched } from '../../../words/anomalies.js';

/** What is unusual first, and what there is too little of last. */
const ORDER: Record<Watched['state'], number> = { alarm: 0, unusual: 1, usual: 2, too_little_data: 3 };

export function inOrder(series: readonly Watched[]): Watched[] {
  return [...series].sort((a, b) => ORDER[a.state] - ORDER[b.state]);
}

/** The finding of all of them, as a title. */
export function findingOf(series: readonly Watched[]): string {
  const of = (state: Watched['state']): number => series.filter((one) => one.state === state).length;
  const unwatched = of('too_little_data');
  const rest = unwatched === 0 ? '' : `, and too little data to watch ${unwatched} of ${series.length}`;
  if (of('alarm') > 0) return `${things(of('alarm'))} not as usual${rest}`;
  if (unwatched === series.length) return 'Too little data to watch anything minute by minute';
  if (of('unusual') > 0) return `${things(of('unusual'))} unusual just now${rest}`;
  return `What is watched is as usual${rest}`;
}

function things(n: number): string {
  return n === 1 ? 'One thing is' : `${n} things are`;
}

/** The newest window against what is usual. */
export function lineOf(series: Watched): string {
  const { state, points, window_minutes, baseline } = series;
  const newest = points.findLast(({ expected }) => expected !== null);
  if (state === 'too_little_data' || newest === undefined)
    return `Too little data to watch: it takes an hour of windows with enough events in ${window_minutes} min.`;
  const [value, expected] = [newest.value, newest.expected].map((one) => seriesValue(series, one));
  return `${value} in ${window_minutes} min, usually ${expected} (by ${BASELINES[baseline]}).`;
}
