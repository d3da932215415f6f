import type { Database } from './database.js';

interface Scratch {
  _id: string;
  count: number;
  owner?: number;
}

const RACERS = 40;

/**
 * Races writes to one scratch document. Everything in the store relies on atomic single-document writes, and not every
 * server that speaks MongoDB's protocol has them.
 *
 * @throws {Error} where an increment was lost, a compare-and-set had more than one winner, or a number was given twice
 */
export async function assertAtomicWrites(database: Database): Promise<void> {
  const scratch = database.collection<Scratch>('scratch');
  const _id = `race:${process.pid}:${Date.now()}`;
  await scratch.insertOne({ _id, count: 0 });
  const racers = Array.from({ length: RACERS }, (_, index) => index);
  await Promise.all(racers.map(() => scratch.updateOne({ _id }, { $inc: { count: 1 } })));
  const claims = await Promise.all(
    racers.map((owner) => scratch.updateOne({ _id, owner: { $exists: false } }, { $set: { owner } })),
  );
  const numbered = await Promise.all(
    racers.map(() => scratch.findOneAndUpdate({ _id }, { $inc: { count: 1 } }, { returnDocument: 'after' })),
  );
  const numbers = new Set(numbered.map((one) => one?.count)).size;
  const winners = claims.filter((claim) => claim.modifiedCount === 1).length;
  const found = await scratch.findOne({ _id });
  await scratch.deleteOne({ _id });
  if (found?.count !== 2 * RACERS || winners !== 1 || numbers !== RACERS) {
    throw new Error(
      `this MongoDB server confuses concurrent writes (${found?.count} of ${2 * RACERS} increments, ${winners} winners ` +
        `of a compare-and-set, ${numbers} of ${RACERS} numbers given once): set MONGODB_URI to another server`,
    );
  }
}
