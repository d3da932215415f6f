// Kills API, worker, Temporal and MongoDB hundreds of times (kill -9) and lets MongoDB fail over, while experiments run and
// events come in; recounts the totals to the integer. `npm run faults [-- KILLS]`
import { underFire } from '../test/e2e/faults.js';

/** Share of the assignments that must be answered while an API process lives. */
const LEAST_AVAILABILITY = 0.9995;
const began = performance.now();
const { violations, ...report } = await underFire(Number(process.argv[2] ?? 200));
console.table([
  {
    ...report.kills,
    failovers: report.failovers,
    'in seconds': Math.round((performance.now() - began) / 1000),
  },
]);
console.table([
  {
    experiments: report.experiments,
    ...report.outcomes,
    'commands acknowledged': report.commands.acknowledged,
    'observed assignments': report.observations,
    'answered while the API lived': `${((report.availability ?? 0) * 100).toFixed(3)} %`,
    'events recounted': report.events,
    'API MiB': report.memory['api'],
    'worker MiB': report.memory['worker'],
    'continued as new': report.continued_as_new,
    violations: violations.length,
  },
]);
const isAvailable = (report.availability ?? 0) >= LEAST_AVAILABILITY;
if (!isAvailable) console.error('assignments were not answered as often as they should be');
for (const violation of violations) console.error(violation);
process.exit(violations.length === 0 && isAvailable ? 0 : 1);
