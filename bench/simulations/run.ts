// Which promises of the statistics hold: each row is a simulation with a fixed seed, by the product's own functions. Exits
// with 1 if a measured rate exceeds its promise by three standard errors.
// `npm run bench:simulations [-- FILTER] [SCALE]`: only subjects whose name contains FILTER, SCALE × as many runs.
import { exclusions, noveltySlope, sampleRatios, suspicions } from './checks.js';
import { guardrails, worstCases } from './guardrails.js';
import { harmDays, harmUnits } from './harm.js';
import { estimates, fixedTest, horizon } from './horizon.js';
import { livesAtMargins, withoutEffects } from './lives.js';
import type { Row, Subject } from './row.js';
import { segments } from './segments.js';
import { sequences } from './sequence.js';

const SUBJECTS: readonly Subject[] = [
  withoutEffects,
  livesAtMargins,
  sequences,
  guardrails,
  worstCases,
  horizon,
  fixedTest,
  estimates,
  noveltySlope,
  exclusions,
  suspicions,
  sampleRatios,
  harmUnits,
  harmDays,
  segments,
];

const FEWEST_RUNS = 50;

function verdict({ kept }: Row): string {
  if (kept === null) return '';
  return kept ? 'yes' : 'FAIL';
}

const words = process.argv.slice(2);
const scale = Number(words.find((word) => Number(word) > 0) ?? 1);
const filter = words.find((word) => !(Number(word) > 0)) ?? '';
const subjects = SUBJECTS.filter(({ name }) => name.includes(filter));
if (subjects.length === 0) {
  console.error(`no subject "${filter}": ${SUBJECTS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

let isBroken = false;
for (const subject of subjects) {
  const began = process.cpuUsage();
  const found = subject.rows((runs) => Math.max(FEWEST_RUNS, Math.round(runs * scale)));
  console.log(`\n**${subject.name}** (${(process.cpuUsage(began).user / 1e6).toFixed(0)} s)\n`);
  console.log('| what | promise | measured | standard error | runs | kept |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const row of found) {
    const { what, promise, measured, standard_error, runs } = row;
    console.log(`| ${what} | ${promise} | ${measured} | ${standard_error} | ${runs} | ${verdict(row)} |`);
    isBroken ||= row.kept === false;
  }
}
if (isBroken) process.exit(1);
