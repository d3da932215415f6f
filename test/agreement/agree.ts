// Do all implementations evaluate flags in the same way? `npm run agree [-- PAIRS]`
import { isDeepStrictEqual } from 'node:util';
import { reference, type EvaluationResult, type Peer, type Subject } from './peers.js';
import { randomSubjects, randomSnapshot } from './random-snapshots.js';

const FLAGS = 40;
const SUBJECTS = 50;

export interface Agreement {
  /** Pairs of a flag and a context that were compared; assignments are counted separately. */
  pairs: number;
  assignments: number;
  /** The first ones, in full. */
  differences: {
    peer: string;
    what: string;
    subject: Subject;
    expected: EvaluationResult;
    got: EvaluationResult | undefined;
  }[];
  /** The number of differences of each peer. */
  different: Record<string, number>;
  seconds: Record<string, number>;
}

/** Compares peers with the API's own evaluator, on random snapshots. */
export async function agree(peers: readonly Peer[], pairs: number, seed = 1): Promise<Agreement> {
  const agreement: Agreement = {
    pairs: 0,
    assignments: 0,
    differences: [],
    different: Object.fromEntries(peers.map(({ name }) => [name, 0])),
    seconds: Object.fromEntries(peers.map(({ name }) => [name, 0])),
  };
  for (let n = seed; agreement.pairs < pairs; n += 1) {
    const snapshot = randomSnapshot(n, FLAGS);
    const subjects = randomSubjects(n, SUBJECTS).map((subject, i): Subject => ({
      ...subject,
      now: Date.now(),
      stale: i % 10 === 9,
    }));
    const expected = subjects.map((subject) => reference(snapshot, subject));
    await Promise.all(
      peers.map(async (peer) => {
        const began = performance.now();
        await peer.load(snapshot);
        const results = await peer.evaluate(subjects);
        agreement.seconds[peer.name]! += (performance.now() - began) / 1000;
        subjects.forEach((subject, i) => {
          for (const kind of ['flags', 'experiments'] as const) {
            for (const [key, result] of Object.entries(expected[i]![kind])) {
              const got = results[i]![kind][key];
              if (isDeepStrictEqual(got, result)) continue;
              agreement.different[peer.name]! += 1;
              if (agreement.differences.length >= 10) continue;
              const what = `${key} of snapshot ${n}`;
              agreement.differences.push({ peer: peer.name, what, subject, expected: result, got });
            }
          }
        });
      }),
    );
    for (const { flags, experiments } of expected) {
      agreement.pairs += Object.keys(flags).length;
      agreement.assignments += Object.keys(experiments).length;
    }
  }
  return agreement;
}
