import { Spark } from '../../../pictures/spark.js';
import { count } from '../../../words/format.js';

interface Props {
  rate: { last_hour: number; by_minute: readonly number[] };
  since: string;
  what: string;
}

const MINUTE_MS = 60_000;

/** One hour, minute by minute; the minute that is not over is left out. */
export function Minutes({ rate: { last_hour, by_minute }, since, what }: Props) {
  const begun = Date.parse(since);
  const points = by_minute.slice(0, -1).map((units, minute) => ({
    at: new Date(begun + minute * MINUTE_MS).toISOString(),
    units,
  }));
  const most = Math.max(...points.map(({ units }) => units));
  const label = `${count(last_hour)} ${what} in the last hour, at most ${count(most)} in a minute`;
  return <Spark points={points} label={label} width={120} height={24} />;
}
