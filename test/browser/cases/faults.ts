import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, Rampart } from '../../e2e/harness.js';
import { Stage } from '../stage.js';
import { theStage } from '../visiting.js';

describe('when processes die', () => {
  let own: Stage;
  beforeAll(async () => {
    own = new Stage(await Rampart.start(), theStage().browser);
  }, 120_000);
  afterAll(() => own.rampart.dispose());

  it('a page says that it is not live, and comes back by itself with what has changed', async () => {
    const at = await own.page();
    await at.goto('/flags');
    await at.page.getByText('Live', { exact: true }).waitFor();
    const [api] = await own.rampart.pidsOf('api');
    process.kill(api!, 'SIGKILL');
    await at.page.getByText('Reconnecting', { exact: true }).waitFor();
    await eventually(async () => (await fetch(`${own.rampart.url}/readyz`)).ok, 60_000);
    await at.page.getByText('Live', { exact: true }).waitFor({ timeout: 30_000 });
    await own.rampart.call('PUT', '/v1/flags/after_it', { enabled: true });
    await at.page.getByText('after_it').first().waitFor();
    // Of the time without a server the browser tells by itself.
    expect(at.complaints.filter((text) => !/ERR_|Failed to load/.test(text))).toEqual([]);
    await at.close();
  });

  it('a lost one is unknown under a stop, with the time from which it can only serve the control', async () => {
    const { rampart } = own;
    const { body: key } = await rampart.call('POST', '/v1/keys', { role: 'server', name: 'a service' });
    const ask = (query: string): Promise<Response> =>
      fetch(`${rampart.url}/v1/snapshot?instance_id=service-1${query}`, {
        headers: { authorization: `Bearer ${String(key['key'])}` },
      });
    // A service that evaluates by itself, and is heard of once: as if its machine were gone.
    await eventually(async () => (await ask('&serving=1')).ok);
    const { body } = await rampart.call('POST', '/v1/emergency-stops', { reason: 'drill' });
    const at = await own.page();
    await at.goto(`/operations/stops/${String(body['emergency_stop_id'])}`);
    await at.page.getByRole('heading', { name: 'NOT COMPLETE: sdk:service-1 unknown' }).waitFor();
    await at.page.getByText('Lost, unknown').waitFor();
    await at.page.getByText(/Serves control by itself from/).waitFor();
    await ask('&closing=true');
    await at.page.getByRole('heading', { name: 'Complete: no process serves an arm' }).waitFor();
    expect(at.complaints).toEqual([]);
    await at.close();
  });
});
