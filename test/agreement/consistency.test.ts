import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RulesetDocument } from '../../src/assignment/document.js';
import { Ruleset } from '../../src/assignment/ruleset.js';
import { markDigest } from '../../src/secrets/pseudonym.js';
import { eventually, Rampart } from '../e2e/harness.js';
import { javascriptPeer, pythonPeer, type Peer } from './peers.js';

const UNITS = Array.from({ length: 300 }, (_, n) => (n % 10 === 0 ? `Nutzer-ü-${n}` : `user-${n}`));
const STEPS = [10, 25, 60, 100];
const ID = 'consistent';
let rampart: Rampart;
const peers: Peer[] = [];

beforeAll(async () => {
  rampart = await Rampart.start();
  peers.push(await javascriptPeer(), await pythonPeer());
}, 300_000);

afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.close()));
  await rampart.dispose();
});

type Arms = Record<string, string | null>;

async function fromApi(): Promise<Arms> {
  const arms: Arms = {};
  for (const unit of UNITS) {
    const { variant, in_experiment } = await rampart.assign(ID, unit);
    arms[unit] = in_experiment ? (variant as string) : null;
  }
  return arms;
}

/** The arms that each SDK assigns from the snapshot that is served now. */
async function fromSdks(): Promise<Arms[]> {
  const { body } = await rampart.call('GET', '/v1/snapshot');
  const document = body as unknown as RulesetDocument;
  const snapshot = {
    document,
    ruleset: new Ruleset(document, { digest: markDigest }),
    experiments: new Map(),
  };
  const subjects = UNITS.map((unit) => ({ unit, context: {}, now: Date.now(), stale: false }));
  return Promise.all(
    peers.map(async (peer) => {
      await peer.load(snapshot);
      const results = await peer.evaluate(subjects);
      return Object.fromEntries(
        results.map(({ experiments }, n) => {
          const { in_experiment, variant } = experiments[ID]!;
          return [UNITS[n]!, in_experiment ? (variant as string) : null];
        }),
      );
    }),
  );
}

it('every unit keeps its arm at every step, in every process and SDK, even after kill -9', async () => {
  await rampart.call('PUT', '/v1/policies/by-hand', {
    ramp: [{ coverage: 1, min_dwell: '1h' }, { coverage: 100 }],
    min_duration: '1h',
    max_duration: '2h',
  });
  await rampart.call('POST', '/v1/experiments', {
    experiment_id: ID,
    policy_id: 'by-hand',
    variants: { control: { traffic: 34 }, a: { traffic: 33 }, b: { traffic: 33 } },
    success_metrics: { primary: ['click_through_rate'] },
  });
  expect((await rampart.call('POST', `/v1/experiments/${ID}/start`, { duration: '90m' })).status).toBe(202);
  await eventually(async () => (await rampart.experiment(ID))['state'] === 'ramping');
  let before: Arms = {};
  for (const coverage of STEPS) {
    const { status } = await rampart.call('POST', `/v1/experiments/${ID}/ramp`, { coverage });
    expect(status).toBe(200);
    await eventually(async () => {
      const { served } = await rampart.experiment(ID);
      return (
        (served as { verified: boolean }).verified && (await rampart.experiment(ID))['coverage'] === coverage
      );
    });
    const now = await fromApi();
    for (const arms of await fromSdks()) expect(arms).toEqual(now);
    for (const [unit, arm] of Object.entries(before)) if (arm !== null) expect(now[unit]).toBe(arm);
    const share = Object.values(now).filter((arm) => arm !== null).length / UNITS.length;
    expect(Math.abs(share - coverage / 100)).toBeLessThan(0.1);
    before = now;
  }
  await rampart.killAll();
  await rampart.begin();
  expect(await fromApi()).toEqual(before);
  for (const arms of await fromSdks()) expect(arms).toEqual(before);
});
