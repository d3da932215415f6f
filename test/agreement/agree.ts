// Whether all implementations give the same to the same unit: `npm run agree [-- PAIRS]`.
import { isDeepStrictEqual } from 'node:util';
import { reference, type Answer, type Peer, type Question } from './peers.js';
import { subjects, worldOf } from './worlds.js';

const FLAGS = 40;
const SUBJECTS = 50;

export interface Agreement {
  /** Pairs of a flag and a context; assignments are counted besides. */
  pairs: number;
  assignments: number;
  /** The first ones in full. */
  differences: {
    peer: string;
    what: string;
    question: Question;
    expected: Answer;
    got: Answer | undefined;
  }[];
  /** How many there were, by peer. */
  different: Record<string, number>;
  seconds: Record<string, number>;
}

/** Compares what peers answer with what the API's own evaluator does, on random worlds. */
export async function agree(peers: readonly Peer[], pairs: number, seed = 1): Promise<Agreement> {
  const found: Agreement = {
    pairs: 0,
    assignments: 0,
    differences: [],
    different: Object.fromEntries(peers.map(({ name }) => [name, 0])),
    seconds: Object.fromEntries(peers.map(({ name }) => [name, 0])),
  };
  for (let n = seed; found.pairs < pairs; n += 1) {
    const world = worldOf(n, FLAGS);
    const questions = subjects(n, SUBJECTS).map((one, i): Question => ({
      ...one,
      now: Date.now(),
      stale: i % 10 === 9,
    }));
    const expected = questions.map((question) => reference(world, question));
    await Promise.all(
      peers.map(async (peer) => {
        const began = performance.now();
        await peer.load(world);
        const answers = await peer.ask(questions);
        found.seconds[peer.name]! += (performance.now() - began) / 1000;
        questions.forEach((question, i) => {
          for (const kind of ['flags', 'experiments'] as const) {
            for (const [key, answer] of Object.entries(expected[i]![kind])) {
              const got = answers[i]![kind][key];
              if (isDeepStrictEqual(got, answer)) continue;
              found.different[peer.name]! += 1;
              if (found.differences.length >= 10) continue;
              const what = `${key} of world ${n}`;
              found.differences.push({ peer: peer.name, what, question, expected: answer, got });
            }
          }
        });
      }),
    );
    for (const { flags, experiments } of expected) {
      found.pairs += Object.keys(flags).length;
      found.assignments += Object.keys(experiments).length;
    }
  }
  return found;
}
