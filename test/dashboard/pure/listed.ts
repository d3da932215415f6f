import type { Schemas } from '../../../dashboard/src/api/client.js';

type Listed = Schemas['ListedExperiment'];

/** An experiment of a list that runs and needs nobody, but for what is said. */
export function listed(experiment_id: string, more: Partial<Listed> = {}): Listed {
  return {
    experiment_id,
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['ctr'], secondary: [], guardrail: ['errors'] },
    target_audience: { include: [], exclude: [] },
    policy_id: 'standard',
    unit: 'user',
    tags: [],
    control: 'control',
    flag_id: experiment_id,
    state: 'running',
    step: null,
    coverage: 100,
    allocation: {},
    holds: [],
    paused: null,
    outcome: null,
    winner: null,
    deadlines: {},
    revision: 1,
    served: { live: 1, at_revision: 1, verified: true, lost: [] },
    policy: { id: 'standard', version: 1 },
    workflow_id: experiment_id,
    created_at: '2026-01-01T00:00:00.000Z',
    created_by: 'root',
    ended_at: null,
    summary: null,
    ...more,
  };
}

export function hold(code: Listed['holds'][number]['code'], since: string): Listed['holds'][number] {
  return { code, since, lifts_when: 'it is over' };
}
