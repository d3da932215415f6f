import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { powerCommand } from '../../src/bin/power.js';
import { rehearseCommand } from '../../src/bin/rehearse.js';
import { Rehearsals } from '../../src/operations/rehearse-apart.js';

let file: string;
let spending: string;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rampart-'));
  const experiment = (primary: string): string =>
    JSON.stringify({
      experiment_id: 'e',
      variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
      success_metrics: { primary: [primary] },
    });
  [file, spending] = [join(folder, 'clicks.json'), join(folder, 'spending.json')];
  await writeFile(file, experiment('click_through_rate'));
  await writeFile(spending, experiment('revenue_per_user'));
});

/** Their processes run TypeScript. */
const rehearsals = new Rehearsals();

async function rehearsed(
  argv: string[],
  isTTY = false,
): Promise<{ code: number; out: string; problem: string }> {
  let [out, problem] = ['', ''];
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    problem += String(text);
    return true;
  });
  const write = (text: unknown): boolean => {
    out += String(text);
    return true;
  };
  const code = await rehearseCommand([...argv, '--runs', '2'], { stdout: { isTTY, write } }, rehearsals);
  stderr.mockRestore();
  return { code, out, problem };
}

async function powerOf(argv: string[]): Promise<Record<string, unknown>> {
  let out = '';
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  await powerCommand(argv);
  stdout.mockRestore();
  return JSON.parse(out) as Record<string, unknown>;
}

describe('rehearse', () => {
  it('takes baselines and traffic, and then assumes nothing', async () => {
    const { out } = await rehearsed([
      spending,
      '--baseline',
      'revenue_per_user=5,20',
      '--units-per-day',
      '9000',
    ]);
    expect(JSON.parse(out)).toMatchObject({
      assumptions: {
        units_per_day: 9000,
        baselines: { revenue_per_user: { value: 5, standard_deviation: 20, assumed: false } },
      },
      traffic: { units_per_day: 9000, from: 'request' },
    });
    const codes = (JSON.parse(out) as { warnings: { code: string }[] }).warnings.map(({ code }) => code);
    expect(codes.filter((code) => code.endsWith('assumed'))).toEqual([]);
  });

  it('takes a metric of a file, with conditions, a property, and the last value of a unit', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rampart-'));
    const [plan, metric] = [join(folder, 'plan.json'), join(folder, 'metric.json')];
    const definition = {
      ...{ metric_id: 'level', kind: 'mean', event: 'progress', direction: 'increase' },
      ...{ where: { game: { $in: ['a', 'b'] } }, value: 'level', aggregate: 'last' },
    };
    await writeFile(metric, JSON.stringify(definition));
    await writeFile(
      plan,
      JSON.stringify({
        experiment_id: 'e',
        variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
        success_metrics: { primary: ['level'] },
      }),
    );
    const argv = [plan, '--metric', metric, '--baseline', 'level=5,20', '--units-per-day', '9000'];
    const { code, out } = await rehearsed(argv);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ assumptions: { baselines: { level: { value: 5 } } } });
    await writeFile(metric, JSON.stringify({ ...definition, where: { 'game.name': 'a' } }));
    expect((await rehearsed(argv)).problem).toContain('where.game.name');
  });

  it('says first what it assumed', async () => {
    const { warnings, traffic } = JSON.parse((await rehearsed([spending])).out) as Record<string, unknown[]>;
    expect(warnings!.slice(0, 2)).toMatchObject([{ code: 'traffic_assumed' }, { code: 'baseline_assumed' }]);
    expect(traffic).toMatchObject({ from: 'assumption' });
    const lines = (await rehearsed([spending], true)).out.split('\n');
    expect(lines[0]).toMatch(/^! .*units a day are assumed/);
    expect(lines[1]).toMatch(
      /^! no earlier experiment measured revenue_per_user: .*give --baseline revenue_per_user=VALUE,STANDARD_DEVIATION/,
    );
  });

  it('is a table and sentences at a terminal', async () => {
    const argv = [file, '--units-per-day', '9000', '--baseline', 'click_through_rate=0.2'];
    const { out } = await rehearsed(argv, true);
    expect(out).toMatch(/^when +ships +rolls back +no effect +inconclusive/m);
    expect(out).toMatch(/^nothing changes +\d/m);
    expect(out).toMatch(/^Without any effect it ships in /m);
    expect(out).not.toContain('ASSUMED');
  });

  it.each([
    [['--baseline', 'revenue_per_user=5'], 'baselines.revenue_per_user.standard_deviation'],
    [['--baseline', 'revenue_per_user=5,0'], 'baselines.revenue_per_user.standard_deviation'],
    [['--baseline', 'nothing=5,1'], 'baselines.nothing'],
    [['--baseline', 'revenue_per_user'], 'baseline'],
    [['--baseline', 'revenue_per_user=,1'], 'baseline'],
    [['--units-per-day', '0'], 'units-per-day'],
  ])('refuses %j', async (argv, path) => {
    const { code, problem } = await rehearsed([spending, ...argv]);
    expect(code).toBe(2);
    expect((JSON.parse(problem) as { errors: { path: string }[] }).errors.map((one) => one.path)).toEqual([
      path,
    ]);
  });
});

it.each([
  ['power of clicks', () => powerOf([file])],
  ['power of spending', () => powerOf([spending])],
  ['rehearse', async () => JSON.parse((await rehearsed([spending])).out) as object],
])('%s asks for what it lacks by its own options', async (_, command) => {
  const { warnings } = (await command()) as { warnings: { text: string }[] };
  const told = warnings.map(({ text }) => text).join('\n');
  expect(told).toContain('give --units-per-day');
  expect(told).not.toMatch(/units_per_day|baselines\.|\.standard_deviation/);
});

describe('power', () => {
  it('answers for an experiment in a file what the API answers for a stored one', async () => {
    const answer = await powerOf([file, '--baseline', 'click_through_rate=0.1', '--units-per-day', '1000']);
    expect(answer).toMatchObject({
      mde: 0.01,
      metrics: [
        { metric_id: 'click_through_rate', units_per_variant: 1_518_405, total: 3_036_810, assumed: false },
      ],
      traffic: { units_per_day: 1000, from: 'request' },
      warnings: [],
    });
    expect(await powerOf([spending])).toMatchObject({
      metrics: [{ total: null, days: null }],
      warnings: [{ code: 'traffic_unknown' }, { code: 'baseline_unknown' }],
    });
  });

  it('still answers for numbers alone', async () => {
    expect(await powerOf(['--baseline', '0.1', '--mde', '0.05', '--comparisons', '3'])).toMatchObject({
      units_per_variant: 82_436,
    });
  });
});
