// Kills both APIs, worker, Temporal and MongoDB hundreds of times (kill -9) and lets MongoDB fail over, while experiments
// run and events come in; recounts the totals to the integer. `npm run faults [-- KILLS]`
import { underFire } from '../test/e2e/faults.js';

/** How long a service waits for an assignment, ms. */
const PATIENCE_MS = 1_000;
/** Share of a service's requests for assignments that must have a good answer. */
const LEAST_AVAILABILITY = 0.9995;
const percent = (part: number, of: number): string => `${((100 * part) / of).toFixed(3)} %`;
const began = performance.now();
const { violations, service, ...report } = await underFire(Number(process.argv[2] ?? 200), PATIENCE_MS);
const { asked, good, good_at_first, failures } = service;
console.table([
  {
    ...report.kills,
    failovers: report.failovers,
    'in seconds': Math.round((performance.now() - began) / 1000),
  },
]);
console.table([
  {
    'assignments asked for': asked,
    answered: good,
    availability: percent(good, asked),
    'by the first API asked': percent(good_at_first, asked),
  },
]);
console.table([
  {
    experiments: report.experiments,
    ...report.outcomes,
    'commands acknowledged': report.commands.acknowledged,
    'observed assignments': report.observations,
    'events acknowledged and recounted': report.events,
    'continued as new': report.continued_as_new,
    violations: violations.length,
  },
]);
console.log('memory, MiB');
console.table(report.memory);
for (const failure of failures) console.error(`no good answer ${failure}`);
const isAvailable = good / asked >= LEAST_AVAILABILITY;
if (!isAvailable) console.error('assignments were not answered as often as they should be');
for (const violation of violations) console.error(violation);
process.exit(violations.length === 0 && isAvailable ? 0 : 1);
