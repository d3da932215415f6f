import type { ErrorCode } from '@openfeature/core';
import type { EvaluatedFlag } from './resolution.js';

/** A flag that the server could not evaluate, and why. */
export interface FlagError {
  readonly errorCode: `${ErrorCode}`;
  readonly errorDetails: string;
}

/** The stream on which the server announces changes. */
export interface ChangeStream {
  url: string;
  /** A page that has been hidden for this long should disconnect. */
  inactivityDelayMs: number;
}

/** All flags for one context, as the server evaluated them. */
export interface BulkEvaluation {
  /** The unit that they were evaluated for; null where the context had none. */
  readonly unit: string | null;
  readonly flags: ReadonlyMap<string, EvaluatedFlag | FlagError>;
  readonly stream: ChangeStream | null;
}

/** OFREP's default for a page that is hidden. */
export const INACTIVITY_MS = 120_000;

/**
 * Reads the body of an OFREP bulk evaluation (OFREP 0.3).
 *
 * @param origin of the server, for streams that name none
 * @throws {TypeError} where it is not a bulk evaluation
 */
export function readBulkEvaluation(body: string, unit: string | null, origin: string): BulkEvaluation {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new TypeError('the response is not JSON: check baseUrl');
  }
  const { flags, eventStreams } = fields(value);
  if (!Array.isArray(flags))
    throw new TypeError('the response is not an OFREP bulk evaluation: check baseUrl');
  const byKey = new Map<string, EvaluatedFlag | FlagError>();
  for (const flag of flags as unknown[]) {
    const { key } = fields(flag);
    if (typeof key !== 'string') throw new TypeError('a flag in the response has no key');
    byKey.set(key, readFlag(fields(flag)));
  }
  return { unit, flags: byKey, stream: readStream(eventStreams, origin) };
}

/** Keys of the flags whose evaluation differs. */
export function changedKeys(next: BulkEvaluation, before: BulkEvaluation | null): string[] {
  const keys = new Set([...next.flags.keys(), ...(before?.flags.keys() ?? [])]);
  return [...keys].filter(
    (key) => JSON.stringify(next.flags.get(key)) !== JSON.stringify(before?.flags.get(key)),
  );
}

function readFlag({
  value,
  variant,
  reason,
  metadata,
  errorCode,
  errorDetails,
}: Fields): EvaluatedFlag | FlagError {
  if (typeof errorCode === 'string') {
    const details = typeof errorDetails === 'string' ? errorDetails : 'the server could not evaluate it';
    return { errorCode: errorCode as ErrorCode, errorDetails: details };
  }
  return {
    value,
    variant: typeof variant === 'string' ? variant : undefined,
    reason: typeof reason === 'string' ? reason : 'UNKNOWN',
    metadata: fields(metadata) as EvaluatedFlag['metadata'],
  };
}

/** The first stream of a type that is known here; OFREP wants the others ignored. */
function readStream(streams: unknown, origin: string): ChangeStream | null {
  for (const stream of Array.isArray(streams) ? (streams as unknown[]) : []) {
    const { type, url, endpoint, inactivityDelaySec } = fields(stream);
    const { origin: ownOrigin, requestUri } = fields(endpoint);
    const inactivityDelayMs =
      typeof inactivityDelaySec === 'number' ? inactivityDelaySec * 1000 : INACTIVITY_MS;
    if (type !== 'sse') continue;
    if (typeof requestUri === 'string') {
      return { url: (typeof ownOrigin === 'string' ? ownOrigin : origin) + requestUri, inactivityDelayMs };
    }
    if (typeof url === 'string') return { url, inactivityDelayMs };
  }
  return null;
}

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
