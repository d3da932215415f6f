// Measures one library at one case, in a process of its own: `node measure.js LIBRARY CASE`. It checks the library's
// answers, warms up, reports that, and then measures one second of CPU time whenever its parent asks.
import { CASES, SHARES, USERS, type Case, type Peer, type Value } from './peer.js';

const WARM_UP_MS = 1_000;
const RUN_MS = 1_000;
/** Three standard deviations of the share of half of 1,000 users. */
const TOLERANCE = 0.048;

/**
 * CPU time of this process, with its garbage collector and compiler. Other work on the machine affects it less than
 * wall-clock time.
 */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Sent when warm: the call that is measured; null if the library does not take part in the case. */
export interface Ready {
  call: string | null;
}

export interface Run {
  /** Evaluations per second of CPU time. */
  rate: number;
}

const [library, wanted] = process.argv.slice(2);
const which = CASES.find((name) => name === wanted);
if (!library || !which) throw new Error(`usage: measure LIBRARY ${CASES.join('|')}`);
process.on('disconnect', () => process.exit());
const { peer } = (await import(`./${library}.js`)) as { peer: Peer<unknown> };
const evaluate = peer.cases[which];
if (evaluate) {
  const run = await prepare(which, evaluate);
  await run(WARM_UP_MS);
  process.on('message', () => {
    run(RUN_MS).then(
      (rate) => process.send!({ rate } satisfies Run),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
process.send!({ call: evaluate ? peer.call : null } satisfies Ready);

/**
 * Checks the share of each value over all users, so that no error path is measured.
 *
 * @returns a function that runs for `ms` of CPU time and answers evaluations per second
 */
async function prepare(
  name: Case,
  evaluate: (context: unknown) => Value | Promise<Value>,
): Promise<(ms: number) => Promise<number>> {
  const contexts = USERS.map((user) => peer.contextOf(user));
  const counts = new Map<Value, number>();
  for (const context of contexts) {
    const value = await evaluate(context);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const shares = SHARES[name];
  const isPlausible =
    [...counts.keys()].every((value) => shares.has(value)) &&
    [...shares].every(
      ([value, share]) =>
        Math.abs((counts.get(value) ?? 0) / USERS.length - share) <= (share === 1 ? 0 : TOLERANCE),
    );
  if (!isPlausible) {
    throw new Error(
      `${library} at ${name}: of ${USERS.length} users ${JSON.stringify([...counts])} is not what it should give`,
    );
  }
  const [counted] = [...shares.keys()] as [Value];

  function pass(): number {
    let hits = 0;
    for (let i = 0; i < contexts.length; i += 1) if (evaluate(contexts[i]) === counted) hits += 1;
    return hits;
  }
  async function passOfPromises(): Promise<number> {
    let hits = 0;
    for (let i = 0; i < contexts.length; i += 1) if ((await evaluate(contexts[i])) === counted) hits += 1;
    return hits;
  }

  const onePass = evaluate(contexts[0]) instanceof Promise ? passOfPromises : pass;
  return async (ms) => {
    let [passes, hits, elapsed] = [0, 0, 0];
    const began = cpuMs();
    while (elapsed < ms) {
      hits += await onePass();
      passes += 1;
      elapsed = cpuMs() - began;
    }
    if (hits !== passes * counts.get(counted)!) throw new Error(`${library} changed its answers at ${name}`);
    return (passes * contexts.length * 1_000) / elapsed;
  };
}
