import type { Policy } from '../api/library.js';
import { durationText } from './duration-text.js';
import { count, percent, quantity, rate } from './format.js';

/** A part of a policy: names, and what is so. */
export interface PolicyPart {
  title: string;
  facts: [name: string, text: string][];
}

/** Every number of a policy in words. */
export function policyParts(policy: Policy): PolicyPart[] {
  return [
    ramp(policy),
    length(policy),
    evidence(policy),
    guardrails(policy),
    trust(policy),
    shipping(policy),
  ];
}

/** When nothing begins, advances or ships: each rule of a policy in words. */
export function freezeFacts({ freeze_windows = [] }: Policy): PolicyPart['facts'] {
  if (freeze_windows.length === 0) return [['None', 'steps and ships may happen at any time']];
  return freeze_windows.map((rule, index) => [
    rule.description ?? `Window ${index + 1}`,
    `${freezeText(rule)}; ${durationText(rule.duration)} each, in ${rule.time_zone ?? 'UTC'}`,
  ]);
}

/** When the windows of a rule begin. */
export function freezeText({ cron, rrule, from }: NonNullable<Policy['freeze_windows']>[number]): string {
  if (cron !== undefined) return `cron ${cron}`;
  return `${rrule}${from === undefined ? '' : ` from ${from}`}`;
}

function ramp({ ramp: steps, poll }: Policy): PolicyPart {
  return {
    title: 'Ramp and looks',
    facts: [
      ...steps.map((step, index): [string, string] => [
        `Step ${index + 1}`,
        `${percent(step.coverage)} enrolled${index === steps.length - 1 ? ', until the end' : stepText(step)}`,
      ]),
      [
        'Looks',
        `every ${durationText(poll.ramping)} while it ramps, every ${durationText(poll.running)} after`,
      ],
    ],
  };
}

function stepText({ min_dwell, min_units, exclude_harm, approval }: Policy['ramp'][number]): string {
  const gates = [
    min_dwell !== undefined && `at least ${durationText(min_dwell)}`,
    min_units !== undefined && `at least ${count(min_units)} units an arm`,
    exclude_harm !== undefined && `until harm of ${rate(exclude_harm, 0)} is excluded`,
    approval === true && 'until somebody approves the next step',
  ].filter((text) => text !== false);
  return gates.length === 0 ? '' : `, ${gates.join(', ')}`;
}

function length(policy: Policy): PolicyPart {
  const { min_duration, max_duration, min_units_per_variant, planned_units } = policy;
  return {
    title: 'How long it runs',
    facts: [
      ['At least', `${durationText(min_duration)}, and ${count(min_units_per_variant)} units an arm`],
      ['At most', durationText(max_duration)],
      [
        'Planned units',
        planned_units === undefined ? 'what the power calculation says' : count(planned_units),
      ],
    ],
  };
}

function evidence({ alpha, power, mde, primary }: Policy): PolicyPart {
  return {
    title: 'What decides',
    facts: [
      ['Error at the looks', `${rate(alpha.interim, 1)}, over all of them together`],
      ['Error at the end', `${rate(alpha.final, 1)}, for the one planned test`],
      ['Power', `${rate(power, 0)} to find an effect that is there`],
      ['Effect that matters', `${rate(mde, 1)} relative, or more`],
      ['Primaries', primary === 'any' ? 'one that is better suffices' : 'all of them must be better'],
    ],
  };
}

function guardrails({ guardrails: { alpha, to_ship, without_data, ...margins } }: Policy): PolicyPart {
  return {
    title: 'Guardrails',
    facts: [
      ...Object.entries(margins).map(([metric_id, { margin, floor }]): [string, string] => [
        metric_id === '*' ? 'All others' : metric_id,
        `worse by more than ${rate(margin, 0)} is harm${floor === undefined ? '' : `; a rate below ${rate(floor, 2)} is none`}`,
      ]),
      ['Error of a roll-back', `${rate(alpha, 1)} over the whole life`],
      [
        'To ship',
        to_ship === 'no_harm' ? 'no harm may be proven' : 'each must be proven not to harm beyond its margin',
      ],
      ['Without data', without_data === 'hold' ? 'a winner waits' : 'a winner ships, and this is named'],
    ],
  };
}

function trust({ srm, stale_after, no_traffic_grace, max_hold }: Policy): PolicyPart {
  return {
    title: 'When the data cannot be trusted',
    facts: [
      [
        'Shares of the arms',
        `alarm at a Bayes factor of ${quantity(srm.alarm_bayes_factor)}; ends it if that stays for ${durationText(srm.grace)}`,
      ],
      ['Stale', `no event for ${durationText(stale_after)}`],
      ['No traffic', `nobody exposed for ${durationText(no_traffic_grace)}`],
      ['Longest hold', `${durationText(max_hold)}; then people are told`],
    ],
  };
}

function shipping(policy: Policy): PolicyPart {
  const { approvals, approval_timeout, on_approval_timeout, auto_ship, rollout, holdback, watch } = policy;
  const timeout = { hold: 'it goes on waiting', ship: 'the winner ships', control: 'all get the control' };
  const steps = rollout.map(
    ({ coverage, min_dwell }) =>
      `${percent(coverage)}${min_dwell === undefined ? '' : ` for at least ${durationText(min_dwell)}`}`,
  );
  return {
    title: 'Shipping',
    facts: [
      ['A winner', auto_ship && !approvals.ship ? 'ships by itself' : 'ships once a person agrees'],
      [
        'Who may agree',
        approvals.four_eyes === true ? 'nobody who made, changed or started it' : 'whoever may command',
      ],
      ['No answer', `after ${durationText(approval_timeout)} ${timeout[on_approval_timeout]}`],
      ['Roll-out', steps.join(', then ')],
      [
        'Held back',
        holdback === 0
          ? 'nobody: nothing is compared after shipping'
          : `${percent(holdback)} keep the control`,
      ],
      ['Watched', `for ${durationText(watch)}`],
    ],
  };
}
