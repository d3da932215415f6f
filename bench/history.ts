// The length of the histories of a 28-day experiment at different polling intervals, on the time-skipping server.
// `npm run bench:history`
import { bundleWorkflows } from '../activities/bundle.js';
import { inWorld, timeSkippingServer } from '../test/workflows/world.js';

const env = await timeSkippingServer();
const bundle = await bundleWorkflows();
const rows: object[] = [];
for (const poll of ['1h', '5m']) {
  const policy = { poll: { ramping: poll, running: poll } };
  const began = performance.now();
  // The effect is too small to be found, so the experiment runs to its end.
  await inWorld(env, bundle, { policy, lifts: { click_through_rate: 0.01 } }, async (world, handle) => {
    const outcome = await handle.result();
    const lengths = await handle.historyLengths();
    rows.push({
      'poll every': poll,
      days: Math.round(world.day(world.decisions.at(-1)!.at)),
      outcome,
      polls: world.measured,
      runs: lengths.length,
      'most events in a run': Math.max(...lengths),
      'events in all': lengths.reduce((sum, n) => sum + n, 0),
      seconds: Math.round((performance.now() - began) / 1000),
    });
  });
}
console.table(rows);
await env.teardown();
