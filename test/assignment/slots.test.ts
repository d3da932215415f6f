import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { slotTable } from '../../src/assignment/allocation.js';
import { fnv32a, slotOf } from '../../src/assignment/hash.js';
import { rampRanges, rolloutRanges, slotsOf, type Band } from '../../src/lifecycle/allocation.js';
import { armRegions } from '../../src/lifecycle/plan.js';
import { planFor } from '../lifecycle/fixtures.js';

const UNITS = 100_000;

describe('hashing', () => {
  it('is FNV-1a over UTF-8', () => {
    expect(fnv32a('')).toBe(0x811c9dc5);
    expect(fnv32a('a')).toBe(0xe40c292c);
    expect(fnv32a('foobar')).toBe(0xbf9cf968);
  });

  it('gives the slots of the vectors that all SDKs share', () => {
    const vectors = JSON.parse(readFileSync(new URL('../vectors/slots.json', import.meta.url), 'utf8')) as {
      salt: string;
      unit_id: string;
      slot: number;
    }[];
    expect(vectors.length).toBeGreaterThan(20);
    for (const { salt, unit_id, slot } of vectors) expect(slotOf(salt, unit_id)).toBe(slot);
  });

  it('hashes the bytes that a text encoder makes', () => {
    for (const text of ['ä', '日本語', '🚀 launch', 'Ωmega']) {
      let hash = 0x811c9dc5;
      for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
      expect(fnv32a(text)).toBe(hash >>> 0);
    }
  });

  it('makes experiments, flags, layers and holdouts independent of one another (χ², 45 pairs)', () => {
    const salts = [
      ...['experiment-0', 'experiment-1', 'experiment-2', 'experiment-3', 'flag', 'flag-2'],
      ...['layer:a', 'layer:b', 'holdout:a', 'holdout:b'],
    ];
    expect(salts).toHaveLength(10);
    const halves = salts.map((salt) =>
      Array.from({ length: 20_000 }, (_, u) => Number(slotOf(salt, `u${u}`) < 5000)),
    );
    for (let a = 0; a < 10; a += 1) {
      for (let b = a + 1; b < 10; b += 1) {
        const both = halves[a]!.reduce((sum, half, u) => sum + (half & halves[b]![u]!), 0);
        const [n, na, nb] = [
          20_000,
          halves[a]!.reduce((s, x) => s + x, 0),
          halves[b]!.reduce((s, x) => s + x, 0),
        ];
        const expected = (na * nb) / n;
        // One degree of freedom; 15.1 is the 1e-4 quantile, for 45 pairs.
        expect((both - expected) ** 2 / (expected * (1 - na / n) * (1 - nb / n))).toBeLessThan(15.1);
      }
    }
  });
});

describe('a ramp', () => {
  const plan = planFor({
    arms: [
      ['control', 33.33],
      ['a', 33.33],
      ['b', 33.34],
    ],
  });
  const coverages = [1, 5, 10, 25, 50, 100];

  it('never moves a unit between arms', () => {
    const before = new Map<number, string>();
    const bands: Band[] = [];
    for (const [index, to] of coverages.entries()) {
      bands.push({ revision: index + 1, from: bands.at(-1)?.to ?? 0, to });
      const ranges = rampRanges(plan, bands, []);
      const table = slotTable(ranges.map(({ from, to }) => [from, to]));
      let enrolled = 0;
      for (let unit = 0; unit < UNITS; unit += 1) {
        const range = ranges[table[slotOf('ramp', `unit-${unit}`)]! - 1];
        if (before.has(unit)) expect(range?.variant).toBe(before.get(unit));
        if (range) {
          before.set(unit, range.variant);
          enrolled += 1;
        }
      }
      expect(enrolled / UNITS).toBeCloseTo(to / 100, 2);
    }
    expect(before.size).toBe(UNITS);
  });

  it('keeps the arms in proportion at every step', () => {
    const slots = slotsOf(rampRanges(plan, [{ revision: 1, from: 0, to: 10 }], []));
    expect(slots).toEqual({ control: 333, a: 333, b: 333 });
  });

  it('covers every slot once at the end', () => {
    expect(
      armRegions([
        { variant: 'x', traffic: 50 },
        { variant: 'y', traffic: 50 },
      ]),
    ).toEqual([
      { variant: 'x', from: 0, to: 5000 },
      { variant: 'y', from: 5000, to: 10_000 },
    ]);
  });
});

describe('a roll-out', () => {
  it('keeps the winner’s units, holds back the control’s own, and grows', () => {
    const plan = planFor({
      arms: [
        ['control', 50],
        ['treatment', 50],
      ],
    });
    const half = rolloutRanges(plan, 'treatment', 60, 5);
    expect(slotsOf(half)).toEqual({ control: 1000, treatment: 6000 });
    const full = rolloutRanges(plan, 'treatment', 100, 6);
    expect(slotsOf(full)).toEqual({ control: 1000, treatment: 9000 });
    const [early, late] = [half, full].map((ranges) => slotTable(ranges.map(({ from, to }) => [from, to])));
    for (let slot = 0; slot < 10_000; slot += 1) {
      if (half[early![slot]! - 1]?.variant === 'treatment')
        expect(full[late![slot]! - 1]?.variant).toBe('treatment');
      if (slot >= 5000) expect(full[late![slot]! - 1]?.variant).toBe('treatment');
    }
  });
});
