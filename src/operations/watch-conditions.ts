import { flagAlert, processAlert, type AlertedFlag } from '../alerts/other-alerts.js';
import { iso } from '../iso.js';
import { DAY_MS } from '../model/time.js';
import { LOST_AFTER_MS, lossOf, type ObservedInstance } from '../serving/liveness.js';
import type { Store } from '../store/store.js';
import { staleFlags, USUAL_DAYS, type StaleFlag } from './stale-flags.js';

/** Flags change slowly, and all of them are read. */
const FLAGS_EVERY_MS = 600_000;
/** Who has watched for less than this cannot tell yet which processes live. */
const WATCHED_LONG_ENOUGH_MS = LOST_AFTER_MS + 5_000;

/** Writes down what lasts and should be heard of, its beginning and its end: lost processes, stale flags. */
export class ConditionWatch {
  private readonly began = performance.now();
  private flagsAt = -Infinity;

  constructor(
    private readonly store: Pick<Store, 'alertConditions' | 'flags' | 'experiments' | 'webhooks'>,
  ) {}

  /** One round. @param observed by the same observer since this watch began */
  async round(observed: readonly ObservedInstance[]): Promise<void> {
    const now = performance.now();
    if (now - this.began > WATCHED_LONG_ENOUGH_MS) await this.watchProcesses(observed);
    if (now - this.flagsAt < FLAGS_EVERY_MS) return;
    await this.watchFlags();
    this.flagsAt = now;
  }

  /** Public, so that tests need not wait. */
  async watchProcesses(observed: readonly ObservedInstance[]): Promise<void> {
    const { alertConditions } = this.store;
    const known = await alertConditions.all('process');
    const now = Date.now();
    const lost = observed.filter(({ live }) => !live);
    for (const instance of lost) {
      const id = `process:${instance.instance_id}`;
      if (known.some(({ _id }) => _id === id)) continue;
      const { silent_since, serves_control_at } = lossOf(instance, now)!;
      const until = iso(serves_control_at);
      await alertConditions.begin(
        id,
        'process',
        processAlert(instance.instance_id, true, silent_since, until),
      );
    }
    for (const { _id, begun, ended } of known) {
      if (ended || lost.some(({ instance_id }) => `process:${instance_id}` === _id)) continue;
      await alertConditions.end(_id, processAlert(begun.subject.id, false, now, null));
    }
  }

  /** Public, so that tests need not wait. */
  async watchFlags(): Promise<void> {
    const { store } = this;
    const now = Date.now();
    const stale = await staleFlags(store, now - USUAL_DAYS * DAY_MS);
    const known = await store.alertConditions.all('flag');
    for (const one of stale) {
      const id = `flag:${one.stored._id}`;
      if (known.some(({ _id }) => _id === id)) continue;
      await store.alertConditions.begin(id, 'flag', flagAlert(alertedOf(one), one.remedy, now));
    }
    for (const { _id, begun, ended } of known) {
      if (ended || stale.some(({ stored }) => `flag:${stored._id}` === _id)) continue;
      const { environments, tags, owner, subject } = begun;
      const flag = { flag_id: subject.id, environments, tags, owner };
      await store.alertConditions.end(_id, flagAlert(flag, null, now));
    }
  }
}

function alertedOf({ stored: { _id, definition } }: StaleFlag): AlertedFlag {
  const { environments, tags = [], owner } = definition;
  return { flag_id: _id, environments: environments ?? null, tags, owner: owner ?? null };
}
