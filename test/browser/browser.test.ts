import { afterAll, beforeAll } from 'vitest';
import { buildDashboardWhereStale } from '../../scripts/dashboard.js';
import { freePort } from '../../src/servers/ports.js';
import { IdentityProviderServer, settingsFor } from '../identity-provider.js';
import { watchTheWinner } from './cases/life.js';
import { setScene } from './scene.js';
import { Stage } from './stage.js';
import { useStage } from './visiting.js';

// Everything that needs a browser, on one product and in one browser. The order matters: what waits for experiments to end
// comes when others had their time, pages before what fills their lists, and an emergency stop of everything last.

let stage: Stage;
let provider: IdentityProviderServer;
const users = new AbortController();

beforeAll(async () => {
  await buildDashboardWhereStale();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // Another site than that of the pages, as a provider is.
  const issuer = `http://localhost:${await freePort()}`;
  provider = await IdentityProviderServer.start(issuer, `${url}/auth/oidc/callback`);
  // Webhooks of the tests go to this machine.
  const settings = { ...settingsFor(issuer, url), RAMPART_WEBHOOK_ALLOW: '127.0.0.1' };
  stage = await Stage.open(settings, port);
  useStage(stage);
  await setScene(stage.rampart, users.signal);
  await watchTheWinner();
}, 240_000);

afterAll(async () => {
  users.abort();
  await stage.close();
  await provider.stop();
});

await import('./cases/sign-in.js');
await import('./cases/roles.js');
await import('./cases/new-experiment.js');
await import('./cases/life.js');
await import('./cases/past.js');
await import('./cases/taken-out.js');
await import('./cases/pages.js');
await import('./cases/evidence.js');
await import('./cases/flags.js');
await import('./cases/commands.js');
await import('./cases/privacy.js');
await import('./cases/webhooks.js');
await import('./cases/metrics.js');
await import('./cases/faults.js');
await import('./cases/emergency-stop.js');
