import { describe, expect, it } from 'vitest';
import { itemsOf } from '../../../dashboard/src/pages/experiments/items.js';
import {
  countsOf,
  grouped,
  groupOf,
  kindOf,
  matching,
  valuesOf,
} from '../../../dashboard/src/pages/experiments/rows.js';
import { listSearchOf } from '../../../dashboard/src/pages/experiments/search.js';
import { nextWords } from '../../../dashboard/src/words/next.js';
import { hold, listed } from './listed.js';

const PAUSED = { by: 'mira', at: '2026-01-02T00:00:00Z', reason: null };
const LOST = {
  live: 1,
  at_revision: 1,
  verified: false,
  lost: [{ instance_id: 'i', until: '2026-01-02T00:00:00Z' }],
};

describe('where an experiment is shown', () => {
  it.each([
    [
      'approval',
      'needs',
      listed('a', { state: 'awaiting_approval', holds: [hold('srm', '2026-01-01T00:00:00Z')] }),
    ],
    [
      'approval',
      'needs',
      listed('a', { state: 'ramping', holds: [hold('approval', '2026-01-01T00:00:00Z')] }),
    ],
    ['held', 'needs', listed('a', { holds: [hold('srm', '2026-01-01T00:00:00Z')] })],
    ['held', 'needs', listed('a', { state: 'ramping', paused: PAUSED })],
    ['watching', 'needs', listed('a', { state: 'watching', served: LOST })],
    ['running', 'way', listed('a')],
    ['draft', 'way', listed('a', { state: 'draft' })],
    ['ended', 'ended', listed('a', { state: 'completed', outcome: 'stopped', holds: [hold('srm', '')] })],
  ] as const)('%s, under %s', (kind, group, experiment) => {
    expect([kindOf(experiment), groupOf(experiment)]).toEqual([kind, group]);
  });

  it('counts each in one kind only', () => {
    const all = [
      listed('a'),
      listed('b', { paused: PAUSED }),
      listed('c', { paused: PAUSED, state: 'ramping' }),
    ];
    expect(Object.fromEntries(countsOf(all))).toEqual({ running: 1, held: 2 });
  });

  it('orders by what is to be dealt with first, then the newest first', () => {
    const all = [
      listed('old', { start_date: '2026-01-01T00:00:00Z' }),
      listed('new', { start_date: '2026-02-01T00:00:00Z' }),
      listed('draft', { state: 'draft' }),
      listed('paused', { paused: PAUSED }),
      listed('held later', { holds: [hold('srm', '2026-01-05T00:00:00Z')] }),
      listed('held first', { holds: [hold('srm', '2026-01-01T00:00:00Z')] }),
      listed('asking', { state: 'awaiting_approval' }),
      listed('over', { state: 'completed', outcome: 'stopped', ended_at: '2026-01-01T00:00:00Z' }),
      listed('over since', { state: 'completed', outcome: 'stopped', ended_at: '2026-01-09T00:00:00Z' }),
    ];
    const groups = grouped(all, undefined);
    expect(
      groups.map(({ name, experiments }) => [name, experiments.map((one) => one.experiment_id)]),
    ).toEqual([
      ['needs', ['asking', 'held first', 'held later', 'paused']],
      ['way', ['draft', 'new', 'old']],
      ['ended', ['over since', 'over']],
    ]);
    expect(grouped(all, 'held').map(({ name }) => name)).toEqual(['needs']);
  });
});

describe('the filters', () => {
  const all = [
    listed('checkout_v2', { name: 'Family plan', owner: 'tomas' }),
    listed('radio', { owner: 'ilse', layer_id: 'home' }),
    listed('radio_seeds', { owner: 'tomas', layer_id: 'home' }),
  ];

  it.each([
    [{ q: 'RADIO' }, ['radio', 'radio_seeds']],
    [{ q: ' plan ' }, ['checkout_v2']],
    [{ q: 'a.*' }, []],
    [{ owner: 'tomas' }, ['checkout_v2', 'radio_seeds']],
    [{ owner: 'tomas', layer: 'home' }, ['radio_seeds']],
    [{}, ['checkout_v2', 'radio', 'radio_seeds']],
  ])('%o', (search, ids) => {
    expect(matching(all, search).map((one) => one.experiment_id)).toEqual(ids);
  });

  it('offer what there is', () => {
    expect(valuesOf(all, 'owner')).toEqual(['ilse', 'tomas']);
    expect(valuesOf(all, 'layer_id')).toEqual(['home']);
  });

  it('filter, group and lay out a thousand in much less than a tenth of a second', () => {
    const thousand = Array.from({ length: 1_000 }, (_, n) =>
      listed(`experiment_${n}`, {
        name: `Experiment number ${n}`,
        ...(n % 3 === 0 && { holds: [hold('srm', new Date(n * 1e9).toISOString())] }),
      }),
    );
    const began = performance.now();
    const items = itemsOf(grouped(matching(thousand, { q: 'number 1' }), undefined), 1);
    expect(performance.now() - began).toBeLessThan(100);
    expect(items.length).toBe(113);
  });

  it('are read from an address, and what it cannot mean is left out', () => {
    expect(listSearchOf({ show: 'held', q: 7, owner: 'mira', layer: '', more: 1 })).toEqual({
      ...{ show: 'held', q: '7', owner: 'mira' },
    });
    expect(listSearchOf({ show: 'nonsense', q: {}, owner: ['a'] })).toEqual({});
  });
});

it('lines have as many experiments as stand beside one another, and each group begins anew', () => {
  const groups = [
    { name: 'needs' as const, experiments: [listed('a'), listed('b'), listed('c')] },
    { name: 'way' as const, experiments: [listed('d')] },
  ];
  const shape = itemsOf(groups, 2).map((item) =>
    item.kind === 'group' ? item.name : item.experiments.map((one) => one.experiment_id).join(' '),
  );
  expect(shape).toEqual(['needs', 'a b', 'c', 'way', 'd']);
});

describe('what comes next', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['Somebody resumes it', listed('a', { paused: PAUSED })],
    ['It is over', listed('a', { holds: [hold('srm', '2026-01-01T00:00:00Z')] })],
    ['Somebody agrees', listed('a', { state: 'awaiting_approval', winner: 'treatment' })],
    ['Slots become free', listed('a', { state: 'queued' })],
    ['Step 3', listed('a', { state: 'ramping', step: { index: 1, of: 4, coverage: 5 } })],
    ['All enrolled', listed('a', { state: 'ramping', step: { index: 3, of: 4, coverage: 5 } })],
    [
      'Keep treatment in the code',
      listed('a', { state: 'completed', outcome: 'shipped', winner: 'treatment' }),
    ],
    ['Copy to try again', listed('a', { state: 'completed', outcome: 'rolled_back' })],
  ])('%s', (head, experiment) => {
    expect(nextWords(experiment, now).head).toBe(head);
  });

  it('has the time of the next step, where that is still to come', () => {
    const step = { index: 1, of: 4, coverage: 5 };
    const at = (step_at: string) =>
      nextWords(listed('a', { state: 'ramping', step, deadlines: { step_at } }), now);
    expect(at('2026-01-01T05:00:00Z')).toMatchObject({ sub: 'if nothing holds' });
    expect(at('2025-12-31T05:00:00Z')).toEqual({ head: 'Step 3', sub: 'once its conditions are met' });
  });
});
