import { describe, expect, it } from 'vitest';
import { hashOf, lookAgain, type Certificate } from '../../src/certificates/certificate.js';
import { verifierOf } from '../../src/certificates/engine-releases.js';
import { chainFindings, findingsIn } from '../../src/certificates/verify.js';
import { ENGINE_VERSION } from '../../src/model/engine.js';
import { demoPolicy, standardPolicy } from '../../src/model/policy.js';
import { backtestInTurns } from '../../src/operations/backtest-in-turns.js';
import { backtest } from '../../src/rehearsal/backtest.js';
import { sha256 } from '../../src/secrets/sha256.js';
import { VERSION } from '../../src/version.js';
import { certified, inputAt, launch, life, plan } from './certified-life.js';

/** Every place in a value where a number or a decimal string stands. */
function numbersIn(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value === 'number') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => numbersIn(part, [...path, key]));
}

function changed(certificate: Certificate, path: (string | number)[]): Certificate {
  const copy = structuredClone(certificate);
  let at = copy as unknown as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  at[path.at(-1)!] = (at[path.at(-1)!] as number) + 1;
  return copy;
}

describe('certificates', () => {
  const certificates = certified();
  const last = certificates.at(-1)!;

  it('hold for every decision of a life, and make a chain', () => {
    expect(certificates.map(({ decision }) => decision)).toEqual(
      expect.arrayContaining(['advance', 'winner']),
    );
    for (const certificate of certificates) expect(findingsIn(certificate, sha256)).toEqual([]);
    expect(chainFindings([...certificates].reverse())).toEqual([]);
  });

  it('do not hold with any single number changed', () => {
    const paths = numbersIn(last);
    expect(paths.length).toBeGreaterThan(60);
    for (const path of paths) expect(findingsIn(changed(last, path), sha256)).not.toEqual([]);
  });

  it('do not hold with a sum changed and the hash made anew: the evidence is recomputed', () => {
    const forged = structuredClone(last);
    const arms = forged.snapshot!.metrics[0]!.arms;
    arms['treatment']!['sum'] = Number(arms['treatment']!['sum']) + 1;
    const codes = findingsIn(forged, sha256).map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining(['hash', 'evidence']));
    const relabelled = { ...structuredClone(last), decision: 'roll_back' };
    expect(findingsIn(relabelled, sha256).map(({ code }) => code)).toContain('decision');
  });

  it('hold whatever order a tool has brought their keys into', () => {
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned);
      if (typeof value !== 'object' || value === null) return value;
      const entries = Object.entries(value).map(([key, part]): [string, unknown] => [key, turned(part)]);
      return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    };
    for (const certificate of certificates) expect(findingsIn(turned(certificate), sha256)).toEqual([]);
    const arms = ['z', 'a', 'control'].map((variant, from) => ({ variant, from, to: from + 1 }));
    const sums = { z: { n: 9, sum: 1 }, a: { n: 9, sum: 2 }, control: { n: 9, sum: 3 } };
    const [metric] = inputAt(1).metrics;
    const snapshot = {
      snapshot_id: 's',
      ...inputAt(1),
      allocation: { a: 1, control: 1, z: 1 },
      metrics: [{ ...metric!, arms: sums }],
    };
    const { evidence } = lookAgain({ ...plan, arms }, snapshot, last.circumstances!.look);
    expect(evidence.metrics[0]!.comparisons.map(({ variant }) => variant)).toEqual(['z', 'a']);
  });

  it('show a link that was taken out or exchanged', () => {
    const broken = certificates.map((certificate, index) =>
      index === 1 ? { ...certificate, hash: 'x'.repeat(64) } : certificate,
    );
    expect(chainFindings(broken)).toEqual([expect.objectContaining({ n: 3, code: 'chain' })]);
  });

  it('are distinguished from anything else, wholly or in part', () => {
    for (const value of [null, 1, 'x', {}, [], { n: 1, snapshot: {} }]) {
      expect(findingsIn(value, sha256).length).toBeGreaterThan(0);
    }
  });
});

describe('certificates of another engine', () => {
  const [first] = certified() as [Certificate];
  const { hash: _, ...body } = { ...first, engine_version: ENGINE_VERSION + 1 };
  const other = { ...body, hash: hashOf(body, sha256) };

  it('are not called forged: the finding says which release verifies them', () => {
    expect(findingsIn(other, sha256)).toEqual([
      {
        n: 1,
        code: 'engine_version',
        text: expect.stringContaining('a newer release verifies it') as string,
      },
    ]);
  });

  it('are found out all the same where their content was changed', () => {
    const codes = findingsIn({ ...other, n: 7 }, sha256).map(({ code }) => code);
    expect(codes).toEqual(['hash', 'engine_version']);
  });

  it('have their release in a table', () => {
    expect(verifierOf(ENGINE_VERSION)).toBe(`release ${VERSION} verifies it`);
    const releases = { 2: '0.4.1', 3: '1.0.0' };
    expect([1, 2, 3, 4].map((engine) => verifierOf(engine, releases))).toEqual([
      'no release has that engine',
      'release 0.4.1 verifies it',
      'release 1.0.0 verifies it',
      'a newer release verifies it',
    ]);
  });
});

describe('a backtest', () => {
  const { recorded, decisions } = life();

  it('of the policy that ran decides what was decided', () => {
    const again = backtest(launch, demoPolicy, recorded);
    expect(again.decisions.map(({ n, row, decision }) => [n, row, decision])).toEqual(
      decisions.map(({ n, row, decision }) => [n, row, decision]),
    );
    expect(again).toMatchObject({ outcome: 'shipping', winner: 'treatment', caveats: [] });
    expect(again.decided_at).toBe(decisions.at(-1)!.at);
  });

  it('gives way to whatever else its process does after each look', async () => {
    const snapshots = {
      series: (_: string, limit: number, after: number) =>
        Promise.resolve(recorded.filter(({ at }) => at > after).slice(0, limit)),
    };
    let turns = 0;
    const count = (): void => {
      turns += 1;
      waiting = setImmediate(count);
    };
    let waiting = setImmediate(count);
    const aside = await backtestInTurns({ snapshots } as never, 'e', launch, demoPolicy);
    clearImmediate(waiting);
    expect(aside).toEqual(backtest(launch, demoPolicy, recorded));
    expect(turns).toBeGreaterThanOrEqual(recorded.length - 1);
  });

  it('of a policy that waits longer says that the record ends before it decides', () => {
    const waits = { ...demoPolicy, policy_id: 'waits', min_duration: '5m' };
    expect(backtest(launch, waits, recorded)).toMatchObject({
      outcome: 'undecided',
      decided_at: null,
      caveats: ['the recorded snapshots end before this policy decides'],
    });
  });

  it('of a policy with another ramp says that traffic would have been other', () => {
    const other = { ...demoPolicy, ramp: standardPolicy.ramp };
    expect(backtest(launch, other, recorded).caveats[0]).toMatch('the ramp differs');
  });
});
