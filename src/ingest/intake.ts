import { randomUUID } from 'node:crypto';
import { enrolledRange } from '../assignment/experiment.js';
import type { Ruleset } from '../assignment/ruleset.js';
import { failure, validationFailed } from '../errors.js';
import type { InboxEvent } from '../metrics/records.js';
import { EXPOSURE, parseEvent, type Event, type EventError, type EventErrorCode } from '../model/event.js';
import type { Dropped, Properties } from '../model/property.js';
import type { ServedExperiment } from '../model/serving.js';
import type { HashEvent, Pseudonymise } from '../secrets/pseudonym.js';
import type { ServingSnapshot } from '../serving/serving-snapshot.js';
import type { InboxStore } from '../store/inbox.js';
import type { RecentEvent } from '../store/recent-events.js';
import type { Arrivals } from './arrivals.js';
import type { EventTypeLog } from './event-type-log.js';
import type { InboxWriter } from './inbox-writer.js';
import { keptByType, keptProperties } from './keep-properties.js';

export interface Rejected {
  index: number;
  code: EventErrorCode;
  message: string;
}

export interface Ingested {
  accepted: number;
  duplicates: number;
  rejected: Rejected[];
}

const MOST_EVENTS = 1_000;

export interface IngestDependencies {
  inbox: Pick<InboxStore, 'partitionOf'>;
  writer: Pick<InboxWriter, 'write' | 'assertRoom'>;
  pseudonymise: Pseudonymise;
  hashEvent: HashEvent;
  snapshot: () => ServingSnapshot | null;
  /** Resolves once the snapshot was read after the call. */
  catchUp: () => Promise<void>;
  eventTypes: Pick<EventTypeLog, 'add'>;
  arrivals: Pick<Arrivals, 'accept' | 'reject' | 'drop' | 'remember'>;
}

/** Takes events into the inbox, with pseudonyms in place of unit ids. */
export class Ingest {
  /** What became of the events of all requests. */
  readonly counts = { accepted: 0, duplicates: 0, rejected: new Map<EventErrorCode, number>() };

  constructor(private readonly dependencies: IngestDependencies) {}

  /**
   * Takes the events of a request. Each is checked by itself; the good ones are durable when this resolves.
   *
   * @throws {RampartError} malformed_json, validation_failed, too_large, unavailable: then nothing is accepted
   */
  async request(body: string, isLines: boolean): Promise<Ingested> {
    this.dependencies.writer.assertRoom();
    const now = Date.now();
    const limits = this.dependencies.snapshot()?.valueLimits;
    const raw = isLines ? linesOf(body) : listOf(body);
    if (raw.length > MOST_EVENTS) {
      throw failure('too_large', `${raw.length} events: send at most ${MOST_EVENTS} at once`);
    }
    const rejected: Rejected[] = [];
    const seen = new Set<string>();
    const events: Event[] = [];
    let duplicates = 0;
    raw.forEach((one, index) => {
      if (one === MALFORMED) {
        rejected.push({ index, code: 'malformed_json', message: 'the line is not JSON' });
        return;
      }
      const event = withinLimit(parseEvent(one, now), limits);
      if ('code' in event) rejected.push({ index, ...event });
      else if (seen.has(event.event_id)) duplicates += 1;
      else {
        seen.add(event.event_id);
        events.push(event);
      }
    });
    const { arrivals, eventTypes } = this.dependencies;
    await this.store(events, now);
    const types = events.map(({ type }) => type);
    eventTypes.add(types, now);
    arrivals.accept(types, now);
    arrivals.reject(
      rejected.map(({ code }) => code),
      now,
    );
    this.count(events.length, duplicates, rejected);
    return { accepted: events.length, duplicates, rejected };
  }

  /**
   * Stores events; they are durable when it resolves. An event may stem from a revision that another process serves and
   * this one has not read yet, so an event that does not count by this snapshot is judged by a later one.
   */
  async store(events: readonly Event[], received_at: number): Promise<void> {
    const { inbox, writer, snapshot, catchUp, arrivals } = this.dependencies;
    const judgeAll = (): Judged[] => events.map((event) => judge(event, snapshot()));
    let judged = judgeAll();
    if (!judged.every((one) => one.isAsMeant)) {
      await catchUp();
      judged = judgeAll();
    }
    const partitions = new Map<number, InboxEvent[]>();
    const recent: RecentEvent[] = [];
    const dropped: Dropped[] = [];
    for (const one of judged) {
      if (isOptedOut(one)) continue;
      const properties = propertiesOf(one, (why) => dropped.push(why));
      if (one.event.type !== EXPOSURE) recent.push(recentOf(one, properties, received_at));
      const record = recordOf(one, properties, this.dependencies);
      if (!record) continue;
      const partition = inbox.partitionOf(record.unit);
      const list = partitions.get(partition);
      if (list) list.push(record);
      else partitions.set(partition, [record]);
    }
    await writer.write(partitions, received_at);
    arrivals.drop(dropped, received_at);
    arrivals.remember(recent);
  }

  private count(accepted: number, duplicates: number, rejected: readonly Rejected[]): void {
    const { counts } = this;
    counts.accepted += accepted;
    counts.duplicates += duplicates;
    for (const { code } of rejected) counts.rejected.set(code, (counts.rejected.get(code) ?? 0) + 1);
  }

  pseudonymOf(unit_id: string): string {
    return this.dependencies.pseudonymise(unit_id);
  }

  /** Has everything forgotten that folding knows of a unit, durably. Returns when it was asked for, ms since the epoch. */
  async erase(unit_id: string): Promise<number> {
    const { inbox, writer, pseudonymise, hashEvent } = this.dependencies;
    const now = Date.now();
    const unit = pseudonymise(unit_id);
    const record: InboxEvent = { unit, id: hashEvent(randomUUID()), at: now, kind: 'erasure' };
    await writer.write(new Map([[inbox.partitionOf(unit), [record]]]), now);
    return now;
  }

  /** Takes units out of an experiment's analysis, durably. Returns their pseudonyms. */
  async exclude(experiment_id: string, unit_ids: readonly string[]): Promise<Map<string, string>> {
    return this.excludeFromEach(unit_ids, [experiment_id]);
  }

  /** As `exclude`, from several experiments at once. */
  async excludeFromEach(
    unit_ids: readonly string[],
    experiment_ids: readonly string[],
  ): Promise<Map<string, string>> {
    const { inbox, writer, pseudonymise, hashEvent } = this.dependencies;
    const now = Date.now();
    const units = new Map(unit_ids.map((unit_id) => [unit_id, pseudonymise(unit_id)]));
    const partitions = new Map<number, InboxEvent[]>();
    for (const unit of units.values()) {
      const records = experiment_ids.map((experiment_id): InboxEvent => ({
        unit,
        id: hashEvent(randomUUID()),
        at: now,
        kind: 'exclusion',
        experiment_id,
      }));
      const partition = inbox.partitionOf(unit);
      partitions.set(partition, [...(partitions.get(partition) ?? []), ...records]);
    }
    await writer.write(partitions, now);
    return units;
  }
}

/**
 * Refuses a value that a metric of a live experiment could not count, so that its sender learns of it. What this process has
 * not heard of yet is left out by folding, and counted as `out_of_range`.
 */
function withinLimit(
  event: Event | EventError,
  limits: ServingSnapshot['valueLimits'] | undefined,
): Event | EventError {
  if ('code' in event || event.value === undefined) return event;
  const limit = limits?.get(event.type);
  if (limit === undefined || Math.abs(event.value) <= limit) return event;
  return {
    code: 'value_out_of_range',
    message:
      `value must lie between -${limit} and ${limit} in events of type ${event.type}: a metric of a running ` +
      'experiment counts them with a scale, and value × scale must not exceed 2^40',
  };
}

/** An event beside what the snapshot says of it. */
interface Judged {
  event: Event;
  snapshot: ServingSnapshot | null;
  /** Where a live experiment has the unit of an exposure. */
  place: ReturnType<typeof placeOf>;
  /** Whether it counts as its sender means it. */
  isAsMeant: boolean;
}

function judge(event: Event, snapshot: ServingSnapshot | null): Judged {
  const isExposure = event.type === EXPOSURE;
  const place = isExposure ? placeOf(event, snapshot) : null;
  const isAsMeant = isExposure
    ? place?.range.variant === event.variant
    : snapshot?.eventTypes.has(event.type) === true;
  return { event, snapshot, place, isAsMeant };
}

function isOptedOut({ event, snapshot }: Judged): boolean {
  return snapshot !== null && hasOptedOut(event.unit_id, snapshot.ruleset);
}

function propertiesOf(
  { event, snapshot }: Judged,
  onDropped: (why: Dropped) => void,
): Properties | undefined {
  return snapshot ? keptProperties(event, keptByType(snapshot.properties), onDropped) : undefined;
}

/** What is remembered for a while of an event, whether or not anything counts it: not whose it is. */
function recentOf(
  { event: { type, timestamp, value = 0 } }: Judged,
  properties: Properties | undefined,
  received_at: number,
): RecentEvent {
  return { type, at: timestamp, received_at, value, ...(properties && { properties }) };
}

/** What is kept of an event; null for what nothing counts. */
function recordOf(
  { event, place, isAsMeant }: Judged,
  properties: Properties | undefined,
  { pseudonymise, hashEvent }: Pick<IngestDependencies, 'pseudonymise' | 'hashEvent'>,
): InboxEvent | null {
  const { event_id, unit_id, timestamp, type, value } = event;
  const common = (): Pick<InboxEvent, 'unit' | 'id' | 'at'> => ({
    ...{ unit: pseudonymise(unit_id), id: hashEvent(event_id), at: timestamp },
  });
  if (type !== EXPOSURE) {
    if (!isAsMeant) return null;
    return { ...common(), kind: 'value', type, value: value ?? 0, ...(properties && { properties }) };
  }
  if (!place) return null;
  const { served, range } = place;
  const segments = segmentsOf(event, served);
  return {
    ...common(),
    // An exposure older than the start counts as at the start.
    at: Math.max(timestamp, served.started_at),
    kind: 'exposure',
    experiment_id: served.experiment_id,
    epoch: served.allocation.epoch,
    band: range.band,
    variant: range.variant,
    mismatch: range.variant !== event.variant,
    ...(segments !== null && { segments }),
  };
}

/**
 * Those of the told segments that the experiment has, a bit for each, the first one lowest. Null where the experiment has
 * none, and where the sender did not tell: then nobody knows whether the unit is in any.
 */
function segmentsOf({ segments }: Event, served: Pick<ServedExperiment, 'segments'>): number | null {
  if (!served.segments || !segments) return null;
  return served.segments.names.reduce(
    (bits, name, place) => (segments.includes(name) ? bits | (1 << place) : bits),
    0,
  );
}

/** Where a live experiment has the unit of an exposure; null where it has not enrolled it. */
function placeOf({ experiment_id, unit_id }: Event, snapshot: ServingSnapshot | null) {
  const served = snapshot?.experiments.get(experiment_id!);
  const compiled = snapshot?.ruleset.experiments.get(experiment_id!);
  if (!served?.live || !compiled) return null;
  const index = enrolledRange(compiled, unit_id, snapshot!.ruleset);
  return index === null ? null : { served, range: served.allocation.ranges[index]! };
}

function hasOptedOut(unit_id: string, ruleset: Ruleset): boolean {
  return ruleset.optedOut.size > 0 && ruleset.optedOut.has(ruleset.markOf(unit_id));
}

const MALFORMED = Symbol('malformed');

function linesOf(body: string): unknown[] {
  return body
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      try {
        return JSON.parse(line) as unknown;
      } catch {
        return MALFORMED;
      }
    });
}

function listOf(body: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw failure('malformed_json', 'the body is not JSON');
  }
  if (Array.isArray(value)) return value as unknown[];
  throw validationFailed([{ path: '', code: 'invalid_type', message: 'must be a list of events' }]);
}
