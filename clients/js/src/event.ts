import { jsonAttributes } from './json.js';

/** An event as `POST /v1/events` accepts it. */
export interface OutgoingEvent {
  event_id: string;
  type: string;
  unit_id: string;
  /** ISO 8601 */
  timestamp: string;
  value?: number;
  properties?: Readonly<Record<string, unknown>>;
  /** Exposures only. */
  experiment_id?: string;
  variant?: string;
  segments?: readonly string[];
}

/** @param segments of the experiment that the unit is in; undefined where the experiment has none */
export function exposureEvent(
  unit_id: string,
  experiment_id: string,
  variant: string,
  segments?: readonly string[],
): OutgoingEvent {
  return { ...event('exposure', unit_id), experiment_id, variant, ...(segments && { segments }) };
}

/** The segments of an evaluation's metadata, which has them as one text; undefined where the experiment has none. */
export function segmentsIn({ segments }: Readonly<Record<string, unknown>>): string[] | undefined {
  return typeof segments === 'string' ? segments.split(',').filter((name) => name !== '') : undefined;
}

/**
 * What a unit did. `value` is the number that metrics sum; all other details are sent as properties.
 *
 * @throws {TypeError} where the server would reject the event
 */
export function trackingEvent(
  name: string,
  unit_id: unknown,
  { value, ...properties }: Readonly<Record<string, unknown>>,
): OutgoingEvent {
  if (typeof unit_id !== 'string' || unit_id === '') {
    throw new TypeError('the context has no targetingKey: set it to the id of the unit that did this');
  }
  if (value !== undefined && value !== null && !Number.isFinite(value)) {
    throw new TypeError('value must be a finite number: put anything else under another name');
  }
  return {
    ...event(name, unit_id),
    ...(typeof value === 'number' && { value }),
    ...(Object.keys(properties).length > 0 && { properties: jsonAttributes(properties) }),
  };
}

function event(type: string, unit_id: string): OutgoingEvent {
  return { event_id: eventId(), type, unit_id, timestamp: new Date().toISOString() };
}

/** 128 random bits. Not `randomUUID`: browsers have it on secure origins only. */
function eventId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
