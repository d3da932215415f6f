import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RulesetDocument } from '../../src/assignment/document.js';
import { Ruleset } from '../../src/assignment/ruleset.js';
import { markDigest } from '../../src/secrets/pseudonym.js';
import { agree } from './agree.js';
import {
  javascriptPeer,
  ofrepPeer,
  pythonPeer,
  reference,
  type EvaluationResult,
  type Peer,
  type Subject,
} from './peers.js';

const peers: Peer[] = [];

beforeAll(async () => {
  peers.push(await javascriptPeer(), await pythonPeer(), await ofrepPeer());
}, 300_000);

afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.close()));
});

it('the API, OFREP and both SDKs agree on random flags and contexts', { timeout: 120_000 }, async () => {
  const { pairs, assignments, differences } = await agree(peers, 20_000, 100);
  expect(differences).toEqual([]);
  expect(pairs).toBeGreaterThanOrEqual(20_000);
  expect(assignments).toBeGreaterThan(1_000);
});

it('a peer with a single wrong result is found', async () => {
  const wrong: Peer = {
    ...peers[2]!,
    name: 'wrong',
    evaluate: async (subjects) => {
      const results = await peers[2]!.evaluate(subjects);
      results[3]!.flags['flag-7'] = { value: 'something else' };
      return results;
    },
  };
  const { differences, different } = await agree([wrong], 2_000, 200);
  expect(different['wrong']).toBe(1);
  expect(differences[0]!.what).toBe('flag-7 of snapshot 200');
});

it('the API agrees with the recorded vectors', () => {
  type Case = Subject & { flag?: string; experiment?: string; expect: EvaluationResult };
  const { cases } = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', 'vectors', 'evaluation.json'), 'utf8'),
  ) as { cases: { snapshot: RulesetDocument; evaluations: Case[]; assignments: Case[] }[] };
  let compared = 0;
  for (const { snapshot: document, evaluations, assignments } of cases) {
    const compiled = {
      document,
      ruleset: new Ruleset(document, { digest: markDigest }),
      experiments: new Map<string, never>(),
    };
    for (const { flag, experiment, expect: expected, ...subject } of [...evaluations, ...assignments]) {
      const { flags, experiments } = reference(compiled, subject);
      expect(flag === undefined ? experiments[experiment!] : flags[flag]).toEqual(expected);
      compared += 1;
    }
  }
  expect(compared).toBeGreaterThan(1_000);
});
