import { stopAlert, type AlertedStop, type OpenOfStop, type StopMoment } from '../alerts/other-alerts.js';
import { alertsOfLine } from '../alerts/timeline-alerts.js';
import type { Alert } from '../model/alert.js';
import type { ObservedInstance } from '../serving/liveness.js';
import type { EmergencyStopDocument, UnheardStop } from '../store/emergency-stops.js';
import type { Store } from '../store/store.js';
import type { StoredWebhook } from '../store/webhooks.js';
import { acknowledgement } from './emergency-stop.js';
import { fanOut } from './fan-out.js';
import { stopReportOf } from './report-stop.js';

/** A stop that is not complete after so long is news of its own, ms. */
const INCOMPLETE_AFTER_MS = 60_000;

/** One round reads on in the lines so often, before it looks for stops again. */
const READS_A_ROUND = 20;

export interface HearingDependencies {
  store: Store;
  /** Has what waits in a lane delivered. */
  wake: (lane: string) => Promise<void>;
}

/**
 * Makes alerts of all that was marked, by the very write that made it so, as not heard of yet; only then takes the marks
 * away. Whoever dies between has it done again, and done twice it is done once.
 */
export class AlertHearer {
  constructor(private readonly dependencies: HearingDependencies) {}

  /** One round. @param observed the processes as they are now; @param progressed called before each step */
  async round(observed: readonly ObservedInstance[], progressed: () => void): Promise<void> {
    const webhooks = await this.dependencies.store.webhooks.all();
    // A stop of a thousand experiments writes thousands of lines: what matters most does not wait for them.
    await this.hearStops(webhooks, observed, progressed);
    await this.hearConditions(webhooks, progressed);
    for (let reads = 0; reads < READS_A_ROUND; reads += 1)
      if (!(await this.hearTimelines(webhooks, progressed))) return;
  }

  /** Hears some lines. Whether there were any. */
  private async hearTimelines(webhooks: readonly StoredWebhook[], progressed: () => void): Promise<boolean> {
    const { timeline, alertSubjects } = this.dependencies.store;
    let count = 0;
    for (const experiment_id of await timeline.unheardOf()) {
      progressed();
      const lines = await timeline.unheard(experiment_id);
      const subject = webhooks.length > 0 && lines.length > 0 ? await alertSubjects.get(experiment_id) : null;
      if (subject)
        await this.tell(
          webhooks,
          lines.flatMap((line) => alertsOfLine(subject, line)),
        );
      if (lines.length > 0) await timeline.heard(lines.map(({ _id }) => _id));
      count += lines.length;
    }
    return count > 0;
  }

  private async hearStops(
    webhooks: readonly StoredWebhook[],
    observed: readonly ObservedInstance[],
    progressed: () => void,
  ): Promise<void> {
    const { emergencyStops } = this.dependencies.store;
    for (const unheard of await emergencyStops.unheard()) {
      progressed();
      const { stop, heard } = unheard;
      const { isComplete, open, moments } = await this.momentsOf(unheard, observed);
      for (const [moment, at] of moments) {
        await this.tell(webhooks, [stopAlert(alertedOf(stop), moment, at, open)]);
        await emergencyStops.heard(stop._id, moment);
      }
      const isOver = stop.released_at !== null || isComplete || heard.includes('complete');
      if (isOver) await emergencyStops.allHeard(stop);
    }
  }

  /** What is to be told of a stop now, and when it came to that, in order. */
  private async momentsOf(
    { stop, heard }: UnheardStop,
    observed: readonly ObservedInstance[],
  ): Promise<{ isComplete: boolean; open: OpenOfStop; moments: [StopMoment, number][] }> {
    const { store } = this.dependencies;
    const now = Date.now();
    const set_at = Date.parse(stop.at);
    const report = stopReportOf(stop, await acknowledgement(store, stop), observed, 0, now);
    const isComplete = stop.released_at === null && report.complete;
    const isLate = stop.released_at === null && !isComplete && now - set_at > INCOMPLETE_AFTER_MS;
    const came = (moment: StopMoment): Promise<number> => store.emergencyStops.came(stop._id, moment, now);
    const moments: [StopMoment, number][] = [];
    const add = async (moment: StopMoment, at: number | (() => Promise<number>)): Promise<void> => {
      if (heard.includes(moment)) return;
      moments.push([moment, typeof at === 'number' ? at : await at()]);
    };
    await add('set', set_at);
    if (isLate) await add('incomplete', () => came('incomplete'));
    if (isComplete) await add('complete', () => came('complete'));
    if (stop.released_at !== null) await add('released', Date.parse(stop.released_at));
    const behind = observed.filter(({ serving_revision }) => serving_revision < (stop.fence_revision ?? 0));
    const unknown = behind.map(({ instance_id }) => instance_id);
    return { isComplete, open: { pending: report.pending, unknown }, moments };
  }

  private async hearConditions(webhooks: readonly StoredWebhook[], progressed: () => void): Promise<void> {
    const { alertConditions } = this.dependencies.store;
    for (const condition of await alertConditions.unheard()) {
      progressed();
      const { begun, ended } = condition;
      await this.tell(webhooks, ended ? [begun, ended] : [begun]);
      await alertConditions.heard(condition);
    }
  }

  /** Into the outbox first, then the wake-up call: a lane that is woken finds what there is. */
  private async tell(webhooks: readonly StoredWebhook[], alerts: readonly Alert[]): Promise<void> {
    const { store, wake } = this.dependencies;
    const lanes = new Set<string>();
    for (const alert of alerts)
      for (const lane of await fanOut(store, webhooks, alert, Date.now())) lanes.add(lane);
    for (const lane of lanes) await wake(lane);
  }
}

function alertedOf(stop: EmergencyStopDocument): AlertedStop {
  const { _id, by, reason, scope, environments, experiment_ids } = stop;
  return {
    emergency_stop_id: _id,
    by,
    reason,
    scope,
    environments: environments ?? null,
    experiments: experiment_ids.length,
  };
}
