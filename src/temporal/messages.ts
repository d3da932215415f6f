import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Command } from '../lifecycle/commands.js';
import type { State } from '../lifecycle/state.js';
import type { View } from '../lifecycle/view.js';
import type { Plan } from '../lifecycle/plan.js';

export const EXPERIMENT_WORKFLOW = 'experimentLifecycle';
export const RECONCILE_WORKFLOW = 'reconcile';
export const FOLD_WORKFLOW = 'foldPartition';
export const WATCH_WORKFLOW = 'watchGuardrails';
export const HEAR_WORKFLOW = 'hearAlerts';
export const DELIVER_WORKFLOW = 'deliverAlerts';

/**
 * The queue of what alerts are made and delivered by. It is apart, so that receivers that hang keep no experiment from what it
 * has to do.
 */
export function alertsQueue(taskQueue: string): string {
  return `${taskQueue}-alerts`;
}

/** The workflow of an experiment. Ids of experiments are never reused, so neither are these. */
export function experimentWorkflowId(experiment_id: string): string {
  return `experiment:${experiment_id}`;
}

export interface ExperimentInput {
  experiment_id: string;
  /** What continue-as-new carries over. */
  carried?: { plan: Plan; state: State };
}

/** What a command did: the view right after it, and the version under which the store will show it. */
export interface Answer {
  version: number;
  view: View;
}

export interface FenceNotice {
  emergency_stop_id: string;
  by: string;
  reason: string;
}

export interface ReleaseNotice {
  emergency_stop_id: string;
  by: string;
}

/** A person's command. Refused by the validator with an ApplicationFailure whose type is the refusal's code. */
export const commandUpdate = defineUpdate<Answer, [Command]>('command');
/** An emergency stop. Only hastens: every publication and every look read the fences themselves. */
export const fenceSignal = defineSignal<[FenceNotice]>('fence');
export const releaseSignal = defineSignal<[ReleaseNotice]>('release');
/** Something looks harmful: look at the metrics now, not at the next poll. */
export const alarmSignal = defineSignal('alarm');
export const viewQuery = defineQuery<Answer | null>('view');
/** Something waits in the lane of alerts that a workflow delivers. */
export const wakeSignal = defineSignal('wake');
