import { describe, expect, it } from 'vitest';
import { lifeOf, livesToShow, type LivedRun } from '../../dashboard/src/pages/new-experiment/life.js';
import { rehearsePart, scenarioTasks } from '../../src/rehearsal/task.js';
import { launch } from '../rehearsal/launch.js';

const plan = launch();
const options = { runs: 4, units_per_day: 20_000, scenarios: ['effect' as const, 'harm' as const] };

describe('a rehearsed life', () => {
  const runs = rehearsePart(plan, options, scenarioTasks(plan, options));
  const shown = runs.filter(({ timeline }) => timeline !== undefined);

  it('is drawn from its start to its end, without gaps', () => {
    expect(shown.length).toBeGreaterThan(0);
    for (const { outcome, timeline } of shown) {
      const { stages, ended_at } = lifeOf(plan, outcome, timeline!);
      const lived = stages.filter(({ status }) => status === 'done');
      expect(lived.length).toBeGreaterThan(0);
      expect(stages.filter(({ status }) => status === 'now' || status === 'planned')).toEqual([]);
      expect(Date.parse(lived[0]!.from!)).toBe(plan.start_at);
      lived.slice(1).forEach((stage, index) => expect(lived[index]!.until).toBe(stage.from));
      expect(Date.parse(lived.at(-1)!.until!)).toBeLessThanOrEqual(ended_at);
    }
  });

  it('that is rolled back goes to no roll-out', () => {
    const harmed = shown.find(({ outcome }) => outcome === 'rolled_back')!;
    const { stages } = lifeOf(plan, harmed.outcome, harmed.timeline!);
    expect(stages.filter(({ kind, status }) => kind === 'rollout' && status === 'done')).toEqual([]);
  });
});

describe('the lives that are shown', () => {
  const life = { stages: [], interruptions: [], ended_at: 0 };
  const run = (n: number, outcome: LivedRun['outcome'], isKept = true): LivedRun => ({
    ...{ task: 1, n, outcome, days: 1, units: 10, relative_error: null },
    ...(isKept && { life }),
  });

  it('begin with one that ended as most did', () => {
    const runs = [run(0, 'no_effect'), run(1, 'shipped', false), run(2, 'shipped'), run(3, 'shipped', false)];
    expect(livesToShow(runs, 1).map(({ n }) => n)).toEqual([2, 0]);
    expect(livesToShow(runs, 0)).toEqual([]);
  });
});
