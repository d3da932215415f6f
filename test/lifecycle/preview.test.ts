import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMMANDS, type Command } from '../../src/lifecycle/commands.js';
import { previewOf } from '../../src/lifecycle/preview.js';
import { initialState, type State } from '../../src/lifecycle/state.js';
import { step } from '../../src/lifecycle/step.js';
import { viewOf } from '../../src/lifecycle/view.js';
import { lookAt, planFor, SECOND, START } from './fixtures.js';

const plan = planFor({
  arms: [
    ['control', 40],
    ['treatment', 30],
    ['b', 30],
  ],
});
const NOW = START + 4 * SECOND;

/** An experiment at its second step. */
function atSecondStep(): State {
  let state = step(plan, initialState(), { kind: 'tick' }, START).state;
  state = step(plan, state, { kind: 'published', revision: state.revision }, START).state;
  return step(
    plan,
    state,
    { kind: 'command', command: command('advance', { command_id: 'first' }) },
    START + SECOND,
  ).state;
}

function command(name: Command['name'], more: Partial<Command> = {}): Command {
  return { command_id: `c-${name}`, name, actor: { type: 'person', id: 'ada' }, reason: 'because', ...more };
}

const preview = (state: State, order: Command) =>
  previewOf(plan, state, order, lookAt(state, NOW, { ctr: [{}, { variant: 'b' }] }), NOW);
const codes = (state: State, order: Command) => preview(state, order).effects.map(({ code }) => code);

describe('a preview', () => {
  it('is what happens: the view after the command, or its refusal', () => {
    const anyCommand = fc.record({
      name: fc.constantFrom(...COMMANDS),
      coverage: fc.constantFrom(10, 20, 50, 80),
      variant: fc.constantFrom('control', 'treatment', 'b', 'none'),
    });
    const states = [initialState(), atSecondStep()];
    fc.assert(
      fc.property(anyCommand, fc.constantFrom(...states), ({ name, coverage, variant }, state) => {
        const order = command(name, { coverage, variant, end_at: START + 100 * SECOND });
        const { allowed, after, effects } = preview(state, order);
        expect(after).toEqual(
          viewOf(plan, step(plan, state, { kind: 'command', command: order }, NOW).state),
        );
        expect(effects.length > 0).toBe(allowed);
      }),
    );
  });

  it('changes nothing', () => {
    const state = atSecondStep();
    const before = structuredClone(state);
    preview(state, command('stop'));
    expect(state).toEqual(before);
  });

  it.each([
    ['stop', {}, ['rolls_back']],
    ['pause', {}, ['pauses']],
    ['advance', {}, ['enrols']],
    ['ramp', { coverage: 10 }, ['withdraws']],
    ['drop', { variant: 'b' }, ['drops']],
    ['close', {}, ['closes']],
    ['extend', { end_at: START + 500 * SECOND }, ['extends']],
    ['conclude', { variant: 'control' }, ['rolls_back']],
  ] as const)('of %s %j names %j', (name, more, expected) => {
    expect(codes(atSecondStep(), command(name, more))).toEqual(expected);
  });

  it('says how many are concerned, and that nothing brings them back', () => {
    const [effect] = preview(atSecondStep(), command('ramp', { coverage: 10 })).effects;
    expect(effect).toMatchObject({ units: 2400, irreversible: true });
    const [stopped] = preview(atSecondStep(), command('stop')).effects;
    expect(stopped).toMatchObject({ units: 2000, irreversible: true });
  });

  it('of what is refused has the refusal, and nothing after it', () => {
    const { allowed, refusal, before, after, effects } = preview(atSecondStep(), command('resume'));
    expect({ allowed, code: refusal?.code, effects }).toEqual({
      allowed: false,
      code: 'not_paused',
      effects: [],
    });
    expect(after).toEqual(before);
  });
});
