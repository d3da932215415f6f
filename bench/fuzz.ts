// Sends random bytes to the serving calls, and checks for server errors, time and memory.
// `npm run fuzz [-- REQUESTS [SEED]]`
import { fuzz } from '../test/conformance/fuzz.js';

const [requests = '100000', seed = '1'] = process.argv.slice(2);
const { rss, statuses, violations, ...report } = await fuzz(Number(requests), Number(seed));
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
/** Growth of memory in the second half of the run. Whatever is loaded, compiled and pooled once is there before. */
const growth = mean(rss.slice(7)) / mean(rss.slice(3, 6)) - 1;
const isFlat = growth < 0.2;
console.table([
  {
    requests: report.requests,
    seconds: Math.round(report.seconds),
    answered: report.answered,
    'p50 ms': Number(report.p50.toFixed(1)),
    'p99 ms': Number(report.p99.toFixed(1)),
    'max ms': Math.round(report.max),
    'RSS by tenth, MiB': rss.join(' '),
    'growth of RSS': `${(100 * growth).toFixed(1)} %`,
    violations: violations.length,
  },
]);
console.log(
  Object.entries(statuses)
    .map(([status, count]) => `${status}: ${count}`)
    .join(', '),
);
for (const violation of violations.slice(0, 20)) console.error(violation);
if (!isFlat) console.error('memory grew by more than a fifth from the middle of the run to its end');
process.exit(violations.length === 0 && isFlat ? 0 : 1);
