import { afterAll, beforeAll } from 'vitest';
import { buildDashboardWhereStale } from '../../scripts/dashboard.js';
import { setScene } from './scene.js';
import { Stage } from './stage.js';
import { useStage } from './visiting.js';

// Everything that needs a browser, on one product and in one browser. The order matters: an emergency stop of everything
// comes last.

let stage: Stage;
const users = new AbortController();

beforeAll(async () => {
  await buildDashboardWhereStale();
  // Webhooks of the tests go to this machine.
  stage = await Stage.open({ RAMPART_WEBHOOK_ALLOW: '127.0.0.1' });
  useStage(stage);
  await setScene(stage.rampart, users.signal);
}, 240_000);

afterAll(async () => {
  users.abort();
  await stage.close();
});

await import('./cases/evidence.js');
await import('./cases/pages.js');
await import('./cases/roles.js');
await import('./cases/new-experiment.js');
await import('./cases/flags.js');
await import('./cases/webhooks.js');
await import('./cases/faults.js');
