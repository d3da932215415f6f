import type { RulesetDocument } from '../../../src/assignment/document.js';

/** A snapshot with a flag of each kind, and an experiment that every unit is in: `treatment` from slot 5,000 on. */
export function snapshot(changes: Partial<RulesetDocument> = {}): RulesetDocument {
  return {
    format: 1,
    revision: 1,
    environment: 'production',
    stale_after_ms: 600_000,
    salt: 'salt',
    segments: { pro: { plan: 'pro' } },
    flags: [
      plain('new_ui', { variant: 'on', value: true }),
      plain('title', { variant: 'default', value: 'Hello' }),
      plain('count', { variant: 'default', value: 20 }),
      plain('algorithm', { variant: 'default', value: { name: 'hybrid', weights: [1, 2] } }),
      plain('left_to_code', {}),
      {
        ...plain('for_pro', { variant: 'off', value: false }),
        before: [{ conditions: { $inGroup: 'pro' }, serve: { variant: 'on', value: true } }],
      },
      {
        ...plain('since', { variant: 'off', value: false }),
        before: [
          {
            conditions: { joined: { $gte: '2026-01-01T00:00:00.000Z' } },
            serve: { variant: 'on', value: true },
          },
        ],
      },
      {
        ...plain('colour', { variant: 'default', value: 'grey' }),
        metadata: { team: 'search' },
        experiments: [
          { experiment_id: 'colours', outcomes: { treatment: { variant: 'treatment', value: 'blue' } } },
        ],
      },
    ],
    experiments: [
      {
        experiment_id: 'colours',
        flag: 'colour',
        salt: 'colours',
        control: 'control',
        revision: 4,
        live: true,
        conditions: {},
        ranges: [
          [0, 5_000, 'control'],
          [5_000, 10_000, 'treatment'],
        ],
        configs: { treatment: { hue: 'blue' } },
      },
    ],
    opted_out: [],
    ...changes,
  };
}

type Flag = RulesetDocument['flags'][number];

function plain(key: string, outcome: Flag['off']): Flag {
  return { key, revision: 1, off: outcome, else: outcome, else_reason: 'STATIC' };
}
