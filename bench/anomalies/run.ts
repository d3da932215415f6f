// How soon a fault is seen in the counts by minute, and how often an alarm is raised where nothing happened, on generated
// series with the cycles of days and weeks; beside a fixed band of ± 50 % around the last hour, over the same windows.
// `npm run bench:anomalies [-- SCALE]`; `-- alarms` or `-- delays` for one of the two, `-- scan` for the thresholds to choose among.
import type { WatchedPoint } from '../../src/anomalies/detect.js';
import { WINDOWS, type WindowLength } from '../../src/anomalies/reach.js';
import { watchedSeries, type Sensitivity, type WatchedSeries } from '../../src/anomalies/series.js';
import { Minutes } from '../../src/anomalies/windows.js';
import type { MinutesDocument } from '../../src/metrics/minutes.js';
import { DAY_MS, HOUR_MS } from '../../src/model/time.js';
import { Random } from '../../src/rehearsal/random.js';
import { quantile } from '../figures.js';
import { countsOf, FAULTS, METRICS, VARIANTS, WORLDS, type Fault, type World } from './world.js';

/** A Monday. */
const START = Date.UTC(2026, 5, 1);
/** How long before the watched week counts go back, where there is history. */
const HISTORY = 21 * DAY_MS;
/** Looks of the watched week are this far apart: each shows all windows since the one before. */
const STEP = 6 * HOUR_MS;
/** A fault that was not seen by then was missed. */
const LIMIT = 4 * HOUR_MS;

type Detector = (counts: readonly MinutesDocument[], until: number) => WatchedSeries[];

const detector =
  (sensitivity?: Sensitivity): Detector =>
  (counts, until) => {
    const minutes = new Minutes(
      counts,
      VARIANTS,
      METRICS.map(({ metric_id }) => metric_id),
    );
    const watching = { variants: VARIANTS, control: 'control', metrics: METRICS, changes: [], until };
    return watchedSeries(minutes, watching, sensitivity);
  };

/** The same windows against a fixed band: beyond half or one and a half of the mean of the last hour, three in a row. */
const fixedBand: Detector = (counts, until) =>
  detector()(counts, until).map((series) => {
    let outside = 0;
    const points = series.points.map((point, index): WatchedPoint => {
      const hour = Math.max(1, HOUR_MS / series.window);
      const before = series.points.slice(Math.max(0, index - hour), index);
      const mean = before.reduce((sum, { value }) => sum + (value ?? 0), 0) / Math.max(1, before.length);
      const isOutside =
        before.length >= hour && point.value !== null && Math.abs(point.value - mean) > 0.5 * mean;
      outside = isOutside ? outside + 1 : 0;
      return { ...point, state: outside >= 3 ? 'alarm' : 'usual' };
    });
    return { ...series, points };
  });

/** Ends of the windows in which anything was an alarm, in order, among those after `from`. */
function alarmsOf(series: readonly WatchedSeries[], from: number): number[] {
  const ends = series.flatMap(({ window, points }) =>
    points.filter(({ at, state }) => state === 'alarm' && at + window > from).map(({ at }) => at + window),
  );
  return ends.sort((a, b) => a - b);
}

/** Alarms of a week in which nothing happened: those that begin within an hour of one another are one. */
function falseAlarms(detect: Detector, counts: readonly MinutesDocument[], from: number): number {
  let [alarms, last] = [0, -Infinity];
  for (let until = from + STEP; until <= from + 7 * DAY_MS; until += STEP)
    for (const end of alarmsOf(detect(counts, until), until - STEP)) {
      if (end - last > HOUR_MS) alarms += 1;
      last = end;
    }
  return alarms;
}

/** An experiment with a fault at any time of the week, also in the middle of a window, and the counts until it is given up. */
interface Case {
  at: number;
  until: number;
  counts: MinutesDocument[];
}

function caseOf(world: World, fault: Fault, seed: number, history: number): Case {
  const at = START + DAY_MS + Math.floor(new Random(seed + 7).uniform() * 6 * DAY_MS);
  const counts = countsOf(world, { from: START - history, to: at + LIMIT }, seed, { ...fault, at });
  return { at, until: Math.floor((at + LIMIT) / 300_000) * 300_000, counts };
}

/** How long it took, ms; null where it was missed. A series that was an alarm before has not seen anything. */
function delayOf(detect: Detector, { at, until, counts }: Case): number | null {
  const fresh = detect(counts, until).filter(({ window, points }) => {
    const before = points.findLast((point) => point.at + window <= at);
    return before?.state !== 'alarm';
  });
  const first = alarmsOf(fresh, at)[0];
  return first === undefined ? null : first - at;
}

const per = (n: number): string => n.toFixed(2);
const minutesText = (ms: number | undefined): string =>
  ms === undefined ? '–' : `${Math.round(ms / 60_000)}`;

/** First seeds. The thresholds are chosen on one set of series, and measured on another. */
const CHOOSING = { weeks: 1_000, faults: 50_000 };
const MEASURING = { weeks: 700_000, faults: 900_000 };

function weeks(world: World, count: number, history: number, seed: number): MinutesDocument[][] {
  return Array.from({ length: count }, (_, n) =>
    countsOf(world, { from: START - history, to: START + 7 * DAY_MS }, seed + n),
  );
}

function printFalseAlarms(count: number): void {
  console.log('| experiment | history | false alarms a week | fixed band | series watched |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const world of WORLDS)
    for (const history of [0, HISTORY]) {
      const all = weeks(world, count, history, MEASURING.weeks);
      // Without history, the first day is needed to know anything.
      const rate = (detect: Detector): string =>
        per(all.reduce((sum, counts) => sum + falseAlarms(detect, counts, START), 0) / all.length);
      const series = detector()(all[0]!, START + 2 * DAY_MS);
      const watched = series.filter(({ state }) => state !== 'too_little_data').length;
      console.log(
        `| ${world.name} | ${history === 0 ? 'none' : 'three weeks'} | ${rate(detector())} | ${rate(fixedBand)} | ${watched} of ${series.length} |`,
      );
    }
}

function printDelays(runs: number): void {
  console.log('\n| fault | experiment | seen | median, min | 90 %, min | fixed band seen | median, min |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const fault of FAULTS)
    for (const world of WORLDS) {
      const cases = Array.from({ length: runs }, (_, n) =>
        caseOf(world, fault, MEASURING.faults + 13 * n, HISTORY),
      );
      const of = (detect: Detector) => {
        const delays = cases.map((one) => delayOf(detect, one)).filter((delay) => delay !== null);
        return { share: `${Math.round((100 * delays.length) / runs)} %`, delays };
      };
      const [own, band] = [of(detector()), of(fixedBand)];
      const at = ({ delays }: typeof own, q: number): string =>
        minutesText(delays.length > 0 ? quantile(delays, q) : undefined);
      console.log(
        `| ${fault.name} | ${world.name} | ${own.share} | ${at(own, 0.5)} | ${at(own, 0.9)} | ${band.share} | ${at(band, 0.5)} |`,
      );
    }
}

/** Without the hour, and with it. */
const CHOICES: readonly (readonly WindowLength[])[] = [
  WINDOWS.slice(0, 2),
  WINDOWS,
  WINDOWS.map((one) => ({ ...one, in_a_row: 3 })),
  WINDOWS.map((one) => ({ ...one, in_a_row: 2 })),
];

/** False alarms a week, and how many of all faults are seen how soon, for each choice of thresholds. */
function printScan(count: number): void {
  console.log('| deviations | windows in a row | experiment | false alarms a week | seen | median, min |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const world of WORLDS) {
    const all = weeks(world, count, HISTORY, CHOOSING.weeks);
    for (const deviations of [3.5, 4, 5])
      for (const windows of CHOICES) {
        const detect = detector({ deviations, windows });
        const in_a_row = windows.map((one) => one.in_a_row).join(', ');
        const alarms = all.reduce((sum, counts) => sum + falseAlarms(detect, counts, START), 0) / count;
        const delays = FAULTS.flatMap((fault) =>
          Array.from({ length: count }, (_, n) =>
            delayOf(detect, caseOf(world, fault, CHOOSING.faults + 13 * n, HISTORY)),
          ),
        );
        const seen = delays.filter((delay) => delay !== null);
        const share = Math.round((100 * seen.length) / delays.length);
        console.log(
          `| ${deviations} | ${in_a_row} | ${world.name} | ${per(alarms)} | ${share} % | ${minutesText(quantile(seen, 0.5))} |`,
        );
      }
  }
}

const words = process.argv.slice(2);
const scale = Number(words.find((word) => Number(word) > 0) ?? 1);
const runs = (n: number): number => Math.max(2, Math.round(n * scale));
if (words.includes('scan')) printScan(runs(6));
else {
  if (!words.includes('delays')) printFalseAlarms(runs(40));
  if (!words.includes('alarms')) printDelays(runs(20));
}
