import type { ErrorCode } from '@openfeature/core';
import type { Found } from './resolution.js';

/** Why the server could not evaluate a flag. */
export interface Unanswered {
  readonly errorCode: `${ErrorCode}`;
  readonly errorDetails: string;
}

/** Where the server tells of changes. */
export interface Stream {
  url: string;
  /** A page that is hidden for so long is to disconnect. */
  inactivityDelayMs: number;
}

/** Every flag for one context, as the server evaluated it. */
export interface Answers {
  /** The unit that they are for; null where the context had none. */
  readonly unit: string | null;
  readonly flags: ReadonlyMap<string, Found | Unanswered>;
  readonly stream: Stream | null;
}

/** OFREP's default for a page that is hidden. */
export const INACTIVITY_MS = 120_000;

/**
 * The body of an OFREP bulk evaluation (OFREP 0.3).
 *
 * @param origin of the server, for streams that name none
 * @throws {TypeError} where the body is none
 */
export function readAnswers(body: string, unit: string | null, origin: string): Answers {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new TypeError('the answer is not JSON: check baseUrl');
  }
  const { flags, eventStreams } = fields(value);
  if (!Array.isArray(flags)) throw new TypeError('the answer is not an OFREP bulk evaluation: check baseUrl');
  const answers = new Map<string, Found | Unanswered>();
  for (const flag of flags as unknown[]) {
    const { key } = fields(flag);
    if (typeof key !== 'string') throw new TypeError('a flag of the answer has no key');
    answers.set(key, readFlag(fields(flag)));
  }
  return { unit, flags: answers, stream: readStream(eventStreams, origin) };
}

/** Keys of flags that are answered otherwise. */
export function changedKeys(next: Answers, before: Answers | null): string[] {
  const keys = new Set([...next.flags.keys(), ...(before?.flags.keys() ?? [])]);
  return [...keys].filter(
    (key) => JSON.stringify(next.flags.get(key)) !== JSON.stringify(before?.flags.get(key)),
  );
}

function readFlag({ value, variant, reason, metadata, errorCode, errorDetails }: Fields): Found | Unanswered {
  if (typeof errorCode === 'string') {
    const details = typeof errorDetails === 'string' ? errorDetails : 'the server could not evaluate it';
    return { errorCode: errorCode as ErrorCode, errorDetails: details };
  }
  return {
    value,
    variant: typeof variant === 'string' ? variant : undefined,
    reason: typeof reason === 'string' ? reason : 'UNKNOWN',
    metadata: fields(metadata) as Found['metadata'],
  };
}

/** Entries of an unknown type are to be ignored. */
function readStream(streams: unknown, origin: string): Stream | null {
  for (const one of Array.isArray(streams) ? (streams as unknown[]) : []) {
    const { type, url, endpoint, inactivityDelaySec } = fields(one);
    const { origin: other, requestUri } = fields(endpoint);
    const inactivityDelayMs =
      typeof inactivityDelaySec === 'number' ? inactivityDelaySec * 1000 : INACTIVITY_MS;
    if (type !== 'sse') continue;
    if (typeof requestUri === 'string') {
      return { url: (typeof other === 'string' ? other : origin) + requestUri, inactivityDelayMs };
    }
    if (typeof url === 'string') return { url, inactivityDelayMs };
  }
  return null;
}

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
