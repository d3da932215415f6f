import { describe, expect, it } from 'vitest';
import { reportHtml } from '../../../dashboard/src/report/html.js';
import { sha256 } from '../../../src/secrets/sha256.js';
import { chainFindings, findingsIn } from '../../../src/certificates/verify.js';
import type { Certificate } from '../../../src/certificates/certificate.js';
import { toldLife } from './told-life.js';

const told = toldLife();
const html = reportHtml(told, '.x { color: var(--text) }');

describe('a report', () => {
  it('is one file that runs nothing and asks nobody', () => {
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html).not.toMatch(/<script|<link|<iframe|<button| on[a-z]+=|src=|javascript:/i);
    const addresses = [...html.matchAll(/href="([^"]*)"/g)].map(([, address]) => address!.slice(0, 5));
    expect(new Set(addresses)).toEqual(new Set(['data:']));
    expect(html).toContain('.x { color: var(--text) }');
  });

  it('says names as text', () => {
    expect(html).toContain('<h1>Tea &amp; &lt;biscuits&gt;</h1>');
  });

  it('has each picture for a screen, a phone and a printed page, with a name', () => {
    const pictures = [...html.matchAll(/<svg[^>]*role="img"[^>]*aria-label="([^"]+)"/g)];
    const forests = pictures.filter(([, label]) => label === 'treatment is better on click_through_rate');
    expect(forests).toHaveLength(3);
    expect(html).toMatch(/<svg width="950"/);
    expect(html).toMatch(/<svg width="330"/);
    expect(html).toMatch(/<svg width="690"/);
    expect(html).not.toMatch(/Arrow keys|Show as table|NaN|undefined/);
  });

  it('has patterns of its own for each picture', () => {
    const ids = [...html.matchAll(/<pattern id="([^"]+)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of html.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(id);
  });

  it('tells every time with its date', () => {
    for (const [, time] of html.matchAll(/<time[^>]*>([^<]*)<\/time>/g))
      expect(time).toMatch(/\d [A-Z][a-z]{2}/);
  });

  it('holds the certificates, which verify, and their hashes as text', () => {
    const [, base64] = /href="data:application\/json;base64,([^"]+)"/.exec(html)!;
    const certificates = JSON.parse(Buffer.from(base64!, 'base64').toString('utf8')) as Certificate[];
    expect(certificates).toHaveLength(told.decisions.length);
    expect(certificates.flatMap((one) => findingsIn(one, sha256))).toEqual([]);
    expect(chainFindings(certificates)).toEqual([]);
    for (const { hash } of certificates) expect(html).toContain(hash);
  });

  it('of a past look says so, and not how it stands since', () => {
    const past = reportHtml({ ...told, isPast: true }, '');
    expect(past).toContain('As of a past look.');
    expect(past).not.toContain('Shipped');
  });
});
