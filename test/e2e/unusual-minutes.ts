import { MongoClient } from 'mongodb';
import { minutesId } from '../../src/metrics/minutes.js';
import { HOUR_MS } from '../../src/model/time.js';
import type { Rampart } from './harness.js';

/**
 * As if an experiment that is to start had been counted for hours, and its treatment had failed four times as often for 40
 * minutes.
 */
export async function countUnusually(rampart: Rampart, experiment_id: string): Promise<void> {
  const minute = (errors: number) => ({ x: 20, e: 60, g: { error_rate: { n: errors } } });
  const now = Date.now();
  const minutes = Array.from({ length: 6 }, (_, n) => Math.floor(now / HOUR_MS - n) * HOUR_MS).map(
    (hour) => ({
      ...{ _id: minutesId(experiment_id, 0, hour), experiment_id, at: hour, applied: {} },
      m: Object.fromEntries(
        Array.from({ length: 60 }, (_, n) => [
          n,
          { control: minute(10), treatment: minute(hour + n * 60_000 < now - 40 * 60_000 ? 10 : 40) },
        ]),
      ),
    }),
  );
  const mongo = new MongoClient(await rampart.variable('MONGODB_URI'));
  try {
    await mongo.db('rampart').collection<(typeof minutes)[number]>('minutes').insertMany(minutes);
  } finally {
    await mongo.close();
  }
}
