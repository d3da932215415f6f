import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../../src/certificates/certificate.js';
import { sha256 } from '../../../dashboard/src/certificates/sha256.js';
import { verdictOf } from '../../../dashboard/src/certificates/verdict.js';
import { walk } from '../../../dashboard/src/certificates/walk.js';
import { certified } from '../../certificates/certified-life.js';

const certificates = certified();
const last = certificates.at(-1)!;
const earlier = certificates.slice(0, -1);

function changed(change: (certificate: Certificate) => void): Certificate {
  const copy = structuredClone(last);
  change(copy);
  return copy;
}

it('hashes as everybody else does', () => {
  for (const length of [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 1_000, 70_000]) {
    const text = 'aé😀'.repeat(length).slice(0, length);
    expect(sha256(text), `${length}`).toBe(createHash('sha256').update(text).digest('hex'));
  }
});

describe('a certificate', () => {
  it('holds as it was written, with the whole chain before it', () => {
    const verdict = verdictOf(last, earlier, sha256);
    expect(verdict).toMatchObject({
      recomputed: true,
      findings: [],
      differences: [],
      exact: true,
      hash: last.hash,
    });
    expect(verdict.links).toBe(certificates.length);
    expect(verdict.comparisons).toBeGreaterThan(0);
  });

  it('of which a number was changed says which one', () => {
    const forged = changed(({ evidence }) => {
      evidence!.metrics[0]!.comparisons[0]!.sequence.p_value = 0.000_001;
    });
    const { findings, differences } = verdictOf(forged, earlier, sha256);
    expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['hash', 'evidence']));
    expect(differences).toHaveLength(1);
    expect(differences[0]).toMatch(
      /^click_through_rate of treatment: sequence p value is 0.000001 here, and the sums give /,
    );
  });

  it('holds where only the last digits of its evidence are rounded otherwise', () => {
    const rounded = changed(({ evidence }) => {
      const { sequence } = evidence!.metrics[0]!.comparisons[0]!;
      sequence.p_value = sequence.p_value! * (1 + 1e-14);
    });
    const { findings, differences, exact } = verdictOf(rounded, [], sha256);
    expect(findings.map(({ code }) => code)).toEqual(['hash']);
    expect({ differences, exact }).toEqual({ differences: [], exact: false });
  });

  it('of which the sums were changed has other evidence', () => {
    const forged = changed(({ snapshot }) => {
      snapshot!.metrics[0]!.arms['treatment']!['sum'] = 1;
    });
    const { differences } = verdictOf(forged, earlier, sha256);
    expect(differences.join()).toContain('click_through_rate of treatment');
    expect(differences.length).toBeLessThan(12);
  });

  it('of which the decision was changed says what the table decides', () => {
    const forged = changed((certificate) => {
      certificate.decision = 'inconclusive';
    });
    const said = verdictOf(forged, earlier, sha256).findings.find(({ code }) => code === 'decision');
    expect(said?.text).toBe(`the table decides ${last.decision} by row ${last.row}`);
  });

  it('after one that was changed does not follow', () => {
    const forged = { ...structuredClone(earlier.at(-1)!), hash: '0'.repeat(64) };
    const { findings } = verdictOf(last, [...earlier.slice(0, -1), forged], sha256);
    expect(findings.filter(({ code }) => code === 'chain').length).toBeGreaterThan(0);
  });
});

describe('the table, row by row', () => {
  it.each(certificates.map((certificate) => [certificate.n, certificate] as const))(
    'decision %d: the row that matched, and why those before it did not',
    (_, certificate) => {
      const rows = walk(certificate)!;
      expect(rows).toHaveLength(15);
      expect(rows.filter(({ answer }) => answer === 'yes').map(({ id }) => id)).toEqual([certificate.row]);
      const before = rows.slice(
        0,
        rows.findIndex(({ answer }) => answer === 'yes'),
      );
      for (const { id, said, when } of before) {
        expect(said, `row ${id}`).not.toBe('');
        expect(said).not.toMatch(/undefined|NaN|Infinity/);
        expect(when).not.toMatch(/undefined|NaN|Infinity/);
      }
    },
  );

  it('is not walked for another engine, or where a person decided', () => {
    expect(walk({ ...last, engine_version: last.engine_version + 1 })).toBeNull();
    expect(walk({ ...last, snapshot: null, circumstances: null })).toBeNull();
  });
});
