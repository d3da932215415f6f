import { spawn, type ChildProcess } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../src/servers/ports.js';
import { EXPERIMENT } from '../../src/bin/demo-definitions.js';
import { PROGRAM } from '../program.js';
import { ADMIN_KEY, eventually, Rampart } from './harness.js';
import { countUnusually } from './unusual-minutes.js';

let rampart: Rampart;
let mongo: MongoClient;

beforeAll(async () => {
  rampart = await Rampart.start({
    RAMPART_WATCH_SECONDS: '1',
    RAMPART_RECONCILE_SECONDS: '2',
    RAMPART_FORCE_AFTER_SECONDS: '3',
  });
  mongo = new MongoClient(await rampart.variable('MONGODB_URI'));
  await mongo.connect();
  await rampart.call('PUT', '/v1/policies/hourly', {
    ramp: [{ coverage: 50, min_dwell: '1h' }, { coverage: 100 }],
    poll: { ramping: '1h', running: '1h' },
    min_duration: '2h',
    max_duration: '1d',
    no_traffic_grace: '1d',
    stale_after: '1d',
  });
});

afterAll(async () => {
  await mongo.close();
  await rampart.dispose();
});

async function start(id: string): Promise<void> {
  const { start_date: _, end_date: __, ...definition } = EXPERIMENT;
  const body = { ...definition, experiment_id: id, policy_id: 'hourly', target_audience: {} };
  expect((await rampart.call('POST', '/v1/experiments', body)).status).toBe(201);
  expect((await rampart.call('POST', `/v1/experiments/${id}/start`, { duration: '6h' })).status).toBe(202);
  await eventually(async () => (await rampart.experiment(id))['state'] === 'ramping');
}

/** A unit of the treatment: within two seconds every process serves the first step. */
async function treated(url: string, id: string): Promise<string> {
  let unit_id = '';
  await eventually(async () => {
    for (let n = 0; n < 50 && unit_id === ''; n += 1) {
      if ((await assign(url, id, `unit-${n}`))['variant'] === 'treatment') unit_id = `unit-${n}`;
    }
    return unit_id !== '';
  }, 2_000);
  return unit_id;
}

async function assign(url: string, id: string, unit_id: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/v1/experiments/${id}/assignments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ unit_id, exposure: false }),
  });
  return (await response.json()) as Record<string, unknown>;
}

async function metric(kind: string): Promise<number> {
  const text = await (await fetch(`${rampart.url}/metrics`)).text();
  return Number(new RegExp(`rampart_reconciled_total{kind="${kind}"} (\\d+)`).exec(text)?.[1] ?? 0);
}

describe('the watch over guardrails', () => {
  it('ends a harmful experiment between two polls, without history while nothing happens', async () => {
    await start('harmful');
    const client = new Client({
      connection: await Connection.connect({ address: await rampart.variable('TEMPORAL_ADDRESS') }),
    });
    const workflow = client.workflow.getHandle('experiment:harmful');
    await eventually(
      async () => (await rampart.call('GET', '/v1/experiments/harmful/results')).status === 200,
    );
    let before = 0;
    await eventually(async () => {
      const { length } = (await workflow.fetchHistory()).events!;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      before = (await workflow.fetchHistory()).events!.length;
      return before === length;
    });
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect((await workflow.fetchHistory()).events).toHaveLength(before);
    const timestamp = new Date().toISOString();
    for (let n = 0; n < 400; n += 1) {
      const unit_id = `unit-${n}`;
      const { variant, in_experiment } = await assign(rampart.url, 'harmful', unit_id);
      if (!in_experiment) continue;
      const event = (type: string, more: object = {}): object => ({
        ...{ event_id: `${type}-${n}`, type, unit_id, timestamp },
        ...more,
      });
      const exposure = event('exposure', { experiment_id: 'harmful', variant });
      const errors = variant === 'treatment' ? [event('error')] : [];
      await rampart.call('POST', '/v1/events', [exposure, event('request', { value: 20 }), ...errors]);
    }
    await eventually(async () => (await rampart.experiment('harmful'))['outcome'] === 'rolled_back', 30_000);
    await client.connection.close();
  });
});

describe('an anomaly', () => {
  it('holds an experiment, which goes on serving and is not rolled back', async () => {
    const id = 'unusual';
    await countUnusually(rampart, id);
    await start(id);
    await eventually(async () => {
      const holds = (await rampart.experiment(id))['holds'] as { code: string; detail: string }[];
      return holds.some(
        ({ code, detail }) => code === 'anomaly' && detail.includes('error_rate of treatment are 80.0 %'),
      );
    });
    const { body } = await rampart.call('GET', `/v1/experiments/${id}/anomalies`);
    const series = body['series'] as { kind: string; state: string }[];
    expect(series.find(({ kind }) => kind === 'events_share')).toMatchObject({ state: 'alarm' });
    const advance = await rampart.call('POST', `/v1/experiments/${id}/advance`, {});
    expect([advance.status, advance.body['code']]).toEqual([409, 'held']);
    expect((await rampart.experiment(id))['state']).toBe('ramping');
    await treated(rampart.url, id);
  });
});

describe('harm in a segment', () => {
  it('ends an experiment that does no harm to most, and the decision names the segment', async () => {
    const { start_date: _, end_date: __, ...definition } = EXPERIMENT;
    const id = 'harms_ios';
    expect((await rampart.call('PUT', '/v1/segments/ios', { conditions: { platform: 'iOS' } })).status).toBe(
      201,
    );
    const body = {
      ...definition,
      experiment_id: id,
      policy_id: 'hourly',
      target_audience: {},
      segments: ['ios'],
    };
    expect((await rampart.call('POST', '/v1/experiments', body)).status).toBe(201);
    expect((await rampart.call('POST', `/v1/experiments/${id}/start`, { duration: '6h' })).status).toBe(202);
    await eventually(async () => (await rampart.experiment(id))['state'] === 'ramping');
    const assigned = (unit_id: string, platform: string) =>
      rampart.call('POST', `/v1/experiments/${id}/assignments`, { unit_id, attributes: { platform } });
    // Half of all units are enrolled.
    let tries = 0;
    await eventually(
      async () => (await assigned(`somebody-${(tries += 1)}`, 'iOS')).body['in_experiment'] === true,
    );
    const person = async (n: number): Promise<object[]> => {
      const unit_id = `person-${n}`;
      const platform = n % 6 === 0 ? 'iOS' : 'Android';
      const { variant, in_experiment, segments } = (await assigned(unit_id, platform)).body;
      if (in_experiment !== true) return [];
      expect(segments).toEqual(platform === 'iOS' ? ['ios'] : []);
      // On iOS the treatment breaks; elsewhere both arms err alike, and often.
      const errs = platform === 'iOS' ? variant === 'treatment' : n % 3 === 1;
      const common = { unit_id, timestamp: new Date().toISOString() };
      const request = { ...common, event_id: `req-${n}`, type: 'request', value: 20 };
      return [request, ...(errs ? [{ ...common, event_id: `err-${n}`, type: 'error' }] : [])];
    };
    for (let first = 0; first < 600; first += 50) {
      const people = Array.from({ length: 50 }, (_, n) => person(first + n));
      expect((await rampart.call('POST', '/v1/events', (await Promise.all(people)).flat())).status).toBe(202);
    }
    await eventually(async () => (await rampart.experiment(id))['outcome'] === 'rolled_back', 30_000);
    const { items } = (await rampart.call('GET', `/v1/experiments/${id}/decisions?order=desc`)).body as {
      items: { decision: string; reasons: { text: string }[] }[];
    };
    expect(items.find(({ decision }) => decision === 'roll_back')!.reasons[0]!.text).toContain(
      'error_rate of treatment in ios is worse than its margin',
    );
    const { body: totals } = await rampart.call('GET', `/v1/experiments/${id}/totals`);
    expect(totals['untold_units']).toBe(0);
  });
});

describe('an API process that is cut off from MongoDB', () => {
  let proxy: Server;
  let cutOff: ChildProcess;
  let url: string;
  const sockets = new Set<Socket>();
  let open = true;

  beforeAll(async () => {
    const target = new URL((await rampart.variable('MONGODB_URI')).replace('mongodb:', 'http:'));
    proxy = createServer((near) => {
      if (!open) return void near.destroy();
      const far = connect(Number(target.port), target.hostname);
      for (const one of [near, far]) {
        sockets.add(one);
        one.on('error', () => undefined).on('close', () => (near.destroy(), far.destroy()));
      }
      near.pipe(far).pipe(near);
    });
    const [door, port] = [await freePort(), await freePort()];
    await new Promise<void>((resolve) => proxy.listen(door, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${port}`;
    cutOff = spawn(process.execPath, [...PROGRAM, 'api'], {
      env: {
        ...process.env,
        PORT: String(port),
        MONGODB_URI: `mongodb://127.0.0.1:${door}`,
        TEMPORAL_ADDRESS: await rampart.variable('TEMPORAL_ADDRESS'),
        RAMPART_ADMIN_KEY: ADMIN_KEY,
        RAMPART_SECRET: await rampart.variable('RAMPART_SECRET'),
        LOG_LEVEL: 'silent',
      },
      stdio: 'ignore',
    });
    await eventually(async () => (await fetch(`${url}/readyz`)).ok, 30_000);
  });

  afterAll(async () => {
    // Ended cleanly it takes its heartbeat along: of one that was killed the next report could not be sure.
    const ended = new Promise((resolve) => cutOff.once('exit', resolve));
    cutOff.kill('SIGTERM');
    await ended;
    proxy.close();
  });

  it('is told of by the report until it obeys, and forcing does not hide it', async () => {
    await start('behind');
    await eventually(async () => (await assign(url, 'behind', 'anybody'))['reason'] !== undefined);
    const unit = await treated(url, 'behind');
    open = false;
    for (const socket of sockets) socket.destroy();
    const { body } = await rampart.call('POST', '/v1/emergency-stops', { reason: 'it burns' });
    const path = `/v1/emergency-stops/${String(body['emergency_stop_id'])}`;
    const report = async (): Promise<Record<string, unknown>> => (await rampart.call('GET', path)).body;
    // The other process knows nothing of it: it serves what it has, and nobody claims otherwise.
    expect(await assign(url, 'behind', unit)).toMatchObject({ variant: 'treatment' });
    // The worker and each API process watch for themselves: one may know of a loss before another does.
    await vi.waitFor(
      async () =>
        expect(await report()).toMatchObject({
          pending: [],
          complete: false,
          instances: expect.arrayContaining([
            expect.objectContaining({ obeys: false, live: false, lost_since: expect.any(String) as string }),
            expect.objectContaining({ obeys: true, live: true }),
          ]) as unknown,
        }),
      { timeout: 30_000, interval: 100 },
    );
    open = true;
    await eventually(async () => (await assign(url, 'behind', unit))['variant'] === 'control', 20_000);
    await eventually(async () => (await report())['complete'] === true, 20_000);
    expect((await rampart.call('POST', `${path}/release`)).status).toBe(200);
  });
});

describe('an experiment that does not acknowledge', () => {
  it('may be forced after a while; its workflow is ended when it comes back', async () => {
    await start('deaf');
    const unit = await treated(rampart.url, 'deaf');
    const worker = await rampart.pidOf('worker');
    process.kill(worker, 'SIGSTOP');
    try {
      const { body } = await rampart.call('POST', '/v1/emergency-stops', {
        reason: 'it burns',
        experiment_ids: ['deaf'],
      });
      const path = `/v1/emergency-stops/${String(body['emergency_stop_id'])}`;
      expect(await rampart.call('POST', `${path}/force`, { reason: 'no answer' })).toMatchObject({
        status: 409,
        body: { code: 'too_early' },
      });
      await eventually(async () => {
        const forced = await rampart.call('POST', `${path}/force`, { reason: 'no answer' });
        return forced.status === 200 && forced.body['complete'] === true;
      });
      expect(await rampart.experiment('deaf')).toMatchObject({ state: 'completed', outcome: 'stopped' });
      expect((await rampart.call('POST', `${path}/release`)).status).toBe(200);
      expect(await assign(rampart.url, 'deaf', unit)).toMatchObject({ variant: 'control' });
    } finally {
      process.kill(worker, 'SIGCONT');
    }
    // What it left undone is done by reconciliation.
    await eventually(async () => (await metric('experiments_settled')) > 0, 30_000);
    expect(await rampart.experiment('deaf')).toMatchObject({ state: 'completed', outcome: 'stopped' });
  });
});

describe('reconciliation', () => {
  it('starts a workflow that was lost, on hold, and counts it', async () => {
    await start('orphan');
    const before = await metric('workflows_started');
    const connection = await Connection.connect({ address: await rampart.variable('TEMPORAL_ADDRESS') });
    await new Client({ connection }).workflow.getHandle('experiment:orphan').terminate('test');
    await eventually(async () => {
      const { holds } = (await rampart.experiment('orphan')) as { holds: { code: string }[] };
      return holds.some((hold) => hold.code === 'recovered');
    }, 30_000);
    await eventually(async () => (await metric('workflows_started')) === before + 1);
    expect((await rampart.call('POST', '/v1/experiments/orphan/resume')).status).toBe(200);
    await connection.close();
  });

  it('makes an emergency stop of a fence that has none, so that it can be released', async () => {
    const fence = {
      emergency_stop_id: 'stop_lost',
      scope: ['orphan'],
      by: 'root',
      reason: 'lost',
      at: new Date().toISOString(),
    };
    await mongo
      .db('rampart')
      .collection<{ _id: string; fences: object[] }>('serving')
      .updateOne(
        { _id: 'serving' },
        { $inc: { revision: 1 }, $push: { log: { id: 'fence' }, fences: fence } as never },
      );
    await eventually(async () => (await rampart.experiment('orphan'))['outcome'] === 'stopped', 30_000);
    const path = '/v1/emergency-stops/stop_lost';
    await eventually(async () => (await rampart.call('GET', path)).body['complete'] === true, 30_000);
    expect((await rampart.call('POST', `${path}/release`)).status).toBe(200);
  });
});
