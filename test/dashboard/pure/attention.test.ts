import { describe, expect, it } from 'vitest';
import type { Schemas } from '../../../dashboard/src/api/client.js';
import { attentionOf, linesIn } from '../../../dashboard/src/pages/attention/items.js';
import { hold, listed } from './listed.js';

const AT = '2026-01-01T00:00:00.000Z';
const STOP: Schemas['EmergencyStop'] = {
  ...{ emergency_stop_id: 's1', at: AT, by: 'ada', reason: 'checkout fails', scope: 'all' },
  ...{ fence_revision: 9, experiments: 3, acknowledged: 2, pending: ['c'], complete: false },
  ...{ held: 0, unknown: [], serves_control_at: null, force_from: AT },
  instances: [
    { instance_id: 'api-1', kind: 'api', serving_revision: 9, obeys: true, live: true },
    { instance_id: 'api-3', kind: 'api', serving_revision: 8, obeys: false, live: false, lost_since: AT },
  ],
};

/** What is shown, by section: the key of each line and where it leads. */
function shape(
  experiments: Parameters<typeof attentionOf>[0],
  stops: Parameters<typeof attentionOf>[1] = [],
) {
  return attentionOf(experiments, stops).map(({ name, lines }) => [
    name,
    lines.map(({ key, to }) => [key, 'tab' in to ? to.tab : to.page]),
  ]);
}

describe('what needs somebody', () => {
  it('is nothing where nothing does', () => {
    expect(attentionOf([listed('calm')], [{ ...STOP, released_at: AT }])).toEqual([]);
  });

  it('comes in the order in which it is dealt with, and leads there', () => {
    const experiments = [
      listed('paused', { paused: { by: 'mira', at: AT, reason: 'covers broken' } }),
      listed('held', { holds: [hold('srm', AT), hold('freeze_window', AT)] }),
      listed('suspect', { holds: [hold('guardrail_suspect', AT)] }),
      listed('step', { state: 'ramping', holds: [hold('approval', AT)] }),
      listed('won', { state: 'awaiting_approval', winner: 'treatment', deadlines: { approval_at: AT } }),
    ];
    expect(shape(experiments, [STOP])).toEqual([
      ['stops', [['stop s1', 'stop']]],
      ['lost', [['lost api-3', 'stop']]],
      [
        'approvals',
        [
          ['step step', 'overview'],
          ['ship won', 'overview'],
        ],
      ],
      ['suspects', [['guardrail_suspect suspect', 'guardrails']]],
      [
        'holds',
        [
          ['srm held', 'health'],
          ['freeze_window held', 'overview'],
        ],
      ],
      ['pauses', [['pause paused', 'overview']]],
    ]);
    expect(linesIn(attentionOf(experiments, [STOP]))).toBe(8);
  });

  it('has a lost process once, and says until when it may serve what it had', () => {
    const served = { live: 1, at_revision: 1, verified: false, lost: [{ instance_id: 'api-9', until: AT }] };
    const [lost] = attentionOf([listed('a', { served }), listed('b', { served })], []);
    expect(lost?.lines).toHaveLength(1);
    expect(lost?.lines[0]).toMatchObject({ title: 'Process api-9', at: AT, isDeadline: true });
  });

  it('does not repeat for each experiment what an emergency stop says once', () => {
    const fenced = listed('fenced', { holds: [hold('fenced', AT)] });
    expect(attentionOf([fenced], [STOP]).some(({ name }) => name === 'holds')).toBe(false);
    expect(shape([fenced])).toEqual([['holds', [['fenced fenced', 'overview']]]]);
  });

  it('says how near a suspect is to its roll-back, and what lifts a hold', () => {
    const summary: NonNullable<Schemas['ListedExperiment']['summary']> = {
      ...{ last_look_at: AT, units: 10, primary: null, spark: [] },
      guardrail: {
        ...{ metric_id: 'errors', variant: 'treatment' },
        ...{ log_e_harm: Math.log(48.5), threshold: 99.99, status: 'suspect' },
      },
      srm: { log_bayes_factor: 0, threshold: 1000 },
    };
    const [section] = attentionOf([listed('a', { holds: [hold('guardrail_suspect', AT)], summary })], []);
    expect(section?.lines[0]?.then).toBe('errors is at 48 of 100 to a roll-back. Lifts when it is over.');
  });
});
