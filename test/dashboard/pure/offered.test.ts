import { describe, expect, it } from 'vitest';
import { offeredFor, type Standing } from '../../../dashboard/src/commands/offered.js';
import { COMMANDS, refusalOf, type Command, type RefusalCode } from '../../../src/lifecycle/commands.js';
import { initialState, type Hold, type HoldCode, type State } from '../../../src/lifecycle/state.js';
import { step } from '../../../src/lifecycle/step.js';
import { viewOf } from '../../../src/lifecycle/view.js';
import { planFor, SECOND, START } from '../../lifecycle/fixtures.js';

const plan = planFor({
  arms: [
    ['control', 40],
    ['treatment', 30],
    ['b', 30],
  ],
});
const NOW = START + 4 * SECOND;
const dwell = { left: 0, since: NOW };

const ramping: State = {
  ...step(plan, initialState(), { kind: 'tick' }, START).state,
  running_p: { epoch: 0, p: {} },
};
const PHASES: State['phase'][] = [
  { state: 'scheduled' },
  { state: 'queued' },
  { state: 'ramping', step: 0, dwell },
  { state: 'running' },
  { state: 'awaiting_approval', winner: 'b', deadline: NOW + SECOND },
  { state: 'rolling_out', winner: 'b', step: 0, dwell },
  { state: 'watching', winner: 'b', until: NOW + SECOND },
  { state: 'rolling_back', outcome: 'stopped' },
  { state: 'completed', outcome: 'stopped' },
];
const HELD: HoldCode[][] = [[], ['approval'], ['rejected'], ['recovered'], ['guardrail_blind'], ['fenced']];
const STATES = PHASES.flatMap((phase) =>
  HELD.flatMap((codes) =>
    [null, { by: 'ada', at: NOW, reason: null }].map((paused): State => ({
      ...ramping,
      phase,
      paused,
      holds: codes.map((code): Hold => ({ code, since: NOW, lifts_when: '' })),
    })),
  ),
);

/** Each command with everything that it could name. */
const ASKED = COMMANDS.flatMap((name) =>
  ['control', 'treatment', 'b'].flatMap((variant) =>
    [10, 20, 100].map((coverage): Command => ({
      ...{ command_id: 'c', name, actor: { type: 'person', id: 'ada' }, reason: 'because' },
      ...{ variant, coverage, end_at: plan.end_at + SECOND },
    })),
  ),
);

/** The command does not belong to this state, whoever gives it. */
const OF_STATE: RefusalCode[] = [
  ...(['not_live', 'not_ramping', 'not_running', 'already_paused', 'not_paused'] as const),
  ...(['not_awaiting_approval', 'already_concluding'] as const),
];

function standing(state: State): Standing {
  const variants = Object.fromEntries(plan.arms.map(({ variant }) => [variant, { traffic: 1 }]));
  return { ...viewOf(plan, state), variants };
}

const label = (state: State): string =>
  [state.phase.state, ...state.holds.map(({ code }) => code), state.paused && 'paused'].join(' ');

describe('the commands that the dashboard offers', () => {
  it.each(STATES.map((state) => [label(state), state] as const))('are those of its state: %s', (_, state) => {
    const offered = offeredFor(standing(state)).map(({ name }) => name);
    for (const name of COMMANDS) {
      const refusals = ASKED.filter((one) => one.name === name).map(
        (command) => refusalOf(plan, state, command, NOW)?.code ?? null,
      );
      if (offered.includes(name))
        expect([name, refusals.every((code) => code !== null && OF_STATE.includes(code))]).toEqual([
          name,
          false,
        ]);
      else expect([name, refusals.filter((code) => code === null)]).toEqual([name, []]);
    }
  });

  it('are start, copy and delete for a draft, and copy alone for one that is over', () => {
    const draft: Standing = { state: 'draft', paused: null, holds: [], variants: {} };
    const names = (of: Standing) => offeredFor(of).map(({ name }) => name);
    expect(names(draft)).toEqual(['start', 'copy', 'delete']);
    expect(names({ ...draft, state: 'completed' })).toEqual(['copy']);
  });

  it('have what is asked of somebody first, and what ends it apart', () => {
    const waits = { ...ramping, holds: [{ code: 'approval' as const, since: NOW, lifts_when: '' }] };
    const at = (place: string) =>
      offeredFor(standing(waits)).flatMap((one) => (one.place === place ? one.name : []));
    expect(at('head')).toEqual(['approve', 'reject', 'pause']);
    expect(at('end')).toEqual(['stop']);
    expect(at('more')).toContain('advance');
  });

  it('do not drop the only treatment', () => {
    const two: Standing = { ...standing(ramping), variants: { control: { traffic: 1 }, b: { traffic: 1 } } };
    expect(offeredFor(two).map(({ name }) => name)).not.toContain('drop');
  });
});
