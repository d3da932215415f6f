import fc from 'fast-check';

// Vitest loads this file before every test file. Property tests then try the same cases in every run, so that one that
// fails in CI was broken by a change. Long runs try others: PROPERTY_SEED=7 PROPERTY_RUNS=20 npx vitest run --project pure

/** The seed of all random cases. fast-check prints it with each failure. */
const SEED = integer('PROPERTY_SEED', 20_261_128, -(2 ** 31));
/** How many times as many cases are tried as the tests ask for. */
const TIMES = integer('PROPERTY_RUNS', 1, 1);

fc.configureGlobal({ seed: SEED, numRuns: runs(100) });

/** The number of cases that a property is tried on, where the usual hundred are too many or too few. */
export function runs(usual: number): number {
  return usual * TIMES;
}

function integer(name: string, usual: number, least: number): number {
  const value = Number(process.env[name] ?? usual);
  if (!Number.isInteger(value) || value < least || value >= 2 ** 31)
    throw new Error(`${name} must be an integer from ${least} to ${2 ** 31 - 1}`);
  return value;
}
