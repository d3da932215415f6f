import { describe, expect, it } from 'vitest';
import {
  definitionOf,
  draftOf,
  emptyForm,
  evenShares,
  formOf,
  idFrom,
  startOf,
  trafficOf,
  withArm,
  type Form,
} from '../../dashboard/src/pages/new-experiment/form.js';
import {
  binsOf,
  isAsWanted,
  oddsOf,
  squaresOf,
  unitOf,
} from '../../dashboard/src/pages/new-experiment/odds.js';
import { fieldOf, problemsOf, shownProblems } from '../../dashboard/src/pages/new-experiment/problems.js';
import { experimentSchema } from '../../src/model/experiment.js';
import type { TaskRun } from '../../src/rehearsal/task.js';

function form(part: Partial<Form> = {}): Form {
  return { ...emptyForm(null), name: 'Shorter search page', primary: ['click_through_rate'], ...part };
}

describe('the form of a new experiment', () => {
  it('makes a definition that the API takes, with an id from the name and the owner of the session', () => {
    const { definition, errors } = definitionOf(form(), 'key-1');
    expect(errors).toEqual([]);
    expect(experimentSchema.parse(definition)).toMatchObject({
      experiment_id: 'shorter_search_page',
      owner: 'key-1',
      control: 'control',
      variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    });
  });

  it.each([
    ['Shorter search page', 'shorter_search_page'],
    ['  Größere Ergebnisse! ', 'gro_ere_ergebnisse'],
    ['Café 2.0', 'cafe_2_0'],
    ['???', ''],
  ])('makes of the name %s the id %s', (name, id) => {
    expect(idFrom(name)).toBe(id);
  });

  it('leaves what is no number as it was typed, for the API to name', () => {
    const [control, treatment] = form().arms;
    const arms = [
      { ...control!, traffic: '49,5' },
      { ...treatment!, traffic: 'half' },
    ];
    expect(definitionOf(form({ arms }), 'me').definition['variants']).toEqual({
      control: { traffic: 49.5 },
      treatment: { traffic: 'half' },
    });
    expect(trafficOf(arms)).toBeNull();
  });

  it('says what only it can know: two arms of one name, and a value that is no JSON', () => {
    const [control, treatment] = form().arms;
    const arms = [
      { ...control!, config: 'blue' },
      { ...treatment!, name: 'control' },
    ];
    const { errors } = definitionOf(form({ arms }), 'me');
    expect(errors.map(({ path }) => path)).toEqual(['arms.0.config', 'arms.1.name']);
  });

  it('shares evenly, to the hundredth', () => {
    const three = withArm(form()).arms;
    expect(three.map(({ traffic }) => traffic)).toEqual(['33.34', '33.33', '33.33']);
    expect(trafficOf(evenShares([...three, ...three, three[0]!]))).toBe(100);
    const uneven = withArm(
      form({
        arms: [
          { ...three[0]!, traffic: '90' },
          { ...three[1]!, traffic: '10' },
        ],
      }),
    );
    expect(uneven.arms.map(({ traffic }) => traffic)).toEqual(['90', '10', '0']);
  });

  it('starts for so many days, and saves a draft with the dates that they make', () => {
    const days = form({ length: 'days', days: '14' });
    expect(startOf(days)).toEqual({ duration: '14d' });
    const now = Date.parse('2026-03-01T00:00:00Z');
    expect(draftOf({}, days, now)).toEqual({
      start_date: '2026-03-01T00:00:00.000Z',
      end_date: '2026-03-15T00:00:00.000Z',
    });
    expect(startOf(form())).toEqual({});
    expect(draftOf({}, form(), now)).toEqual({});
  });

  it('gives back a definition that was written elsewhere, with fields that it does not show', () => {
    const { definition } = definitionOf(form({ tags: ['search'], layer: 'search', layer_share: '40' }), 'me');
    const given = { ...definition, unit: 'account', description: 'from a file' };
    const again = definitionOf(formOf(given, emptyForm(null)), 'me');
    expect(again.definition).toEqual({ ...given, name: 'Shorter search page' });
  });

  it('reads even what is no definition', () => {
    expect(() =>
      formOf({ variants: { a: null }, success_metrics: 3, tags: 'x' }, emptyForm(null)),
    ).not.toThrow();
  });
});

describe('errors of a new experiment', () => {
  const its = form({ arms: emptyForm(null).arms.map((arm) => ({ ...arm, name: `${arm.name}.v2` })) });

  it.each([
    ['experiment_id', 'id'],
    ['variants', 'arms'],
    ['variants.control.v2.traffic', 'arms.0.traffic'],
    ['variants.treatment.v2.config', 'arms.1.config'],
    ['variants.nobody.traffic', 'arms'],
    ['success_metrics.primary.1', 'primary'],
    ['target_audience.include.0', 'include'],
    ['start.duration', 'days'],
    ['end_date', 'policy'],
    ['unit', null],
  ])('of %s stand at %s', (path, field) => {
    expect(fieldOf(path, its)).toBe(field);
  });

  it('are shown where somebody typed, and all of them after a try to save', () => {
    const all = problemsOf(
      [
        { path: 'experiment_id', code: 'required', message: 'is missing' },
        { path: 'success_metrics.primary', code: 'out_of_range', message: 'names at least one' },
        { path: 'unit', code: 'invalid_value', message: 'is no unit' },
      ],
      its,
    );
    expect(all.count).toBe(3);
    expect(shownProblems(all, new Set(['primary']))).toEqual({
      fields: { primary: ['Names at least one.'] },
      summary: ['unit is no unit'],
      count: 2,
    });
    expect(shownProblems(all, 'all').fields['id']).toEqual(['Is missing.']);
  });
});

describe('the odds of a rehearsal', () => {
  const run = (task: number, n: number, outcome: TaskRun['outcome'], days = 28): TaskRun => ({
    task,
    n,
    outcome,
    days,
    units: 100,
    relative_error: null,
  });

  it('are shares of the lives of each scenario, with their standard errors', () => {
    const runs = [
      ...Array.from({ length: 80 }, (_, n) => run(1, n, 'shipped')),
      ...Array.from({ length: 20 }, (_, n) => run(1, 80 + n, 'inconclusive')),
      run(2, 0, 'rolled_back', 3),
    ];
    const [none, effect, harm] = oddsOf(['no_effect', 'effect', 'harm'], runs);
    expect(none!.runs).toBe(0);
    expect(none!.odds.shipped).toEqual({ rate: 0, error: 0 });
    expect(effect!.odds.shipped).toEqual({ rate: 0.8, error: 0.04 });
    expect(isAsWanted(effect!.odds.shipped, 0.88)).toBe(true);
    expect(isAsWanted(effect!.odds.shipped, 0.9)).toBe(false);
    expect(harm!.days_to_harm).toEqual([3]);
  });

  it('fill as many of 100 squares as there were lives, as near to the shares as squares come', () => {
    const counts = { shipped: 1, rolled_back: 1, no_effect: 1, inconclusive: 297 };
    const squares = squaresOf(counts, 500);
    expect(squares).toEqual({ shipped: 0, rolled_back: 0, no_effect: 0, inconclusive: 60 });
    const all = squaresOf({ shipped: 167, rolled_back: 167, no_effect: 166, inconclusive: 0 }, 500);
    expect(Object.values(all).reduce((sum, number) => sum + number, 0)).toBe(100);
  });

  it('tell how long lives took in the unit of the plan, and those at the planned end apart', () => {
    const bins = binsOf([7.5, 8, 8.2, 13, 14, 14], 14);
    expect(bins.map(({ from, count, is_end }) => [from, count, is_end])).toEqual([
      [7, 1, false],
      [8, 2, false],
      [9, 0, false],
      [10, 0, false],
      [11, 0, false],
      [12, 0, false],
      [13, 1, false],
      [14, 2, true],
    ]);
    expect(binsOf([28, 28], 28)).toEqual([{ from: 28, to: 28, count: 2, is_end: true }]);
    expect([28, 1, 0.02, 0.001].map((days) => unitOf(days).name)).toEqual([
      'days',
      'hours',
      'minutes',
      'seconds',
    ]);
  });
});
