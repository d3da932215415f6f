import type { Client } from '@temporalio/client';
import { DELIVER_WORKFLOW, wakeSignal } from './messages.js';

/** The workflows that deliver alerts: one for each lane in which something waits. */
export class AlertLanes {
  constructor(
    private readonly client: Client,
    private readonly taskQueue: string,
  ) {}

  /** Has what waits in a lane delivered: by the workflow that is under way there, or by a new one. */
  async wake(lane: string): Promise<void> {
    await this.client.workflow.signalWithStart(DELIVER_WORKFLOW, {
      workflowId: `${this.taskQueue}:alerts:${lane}`,
      taskQueue: this.taskQueue,
      args: [lane],
      signal: wakeSignal,
    });
  }
}
