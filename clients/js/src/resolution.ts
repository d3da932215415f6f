import type { ErrorCode, FlagMetadata, ResolutionDetails } from '@openfeature/core';
import { cloneJson } from './json.js';

export type FlagType = 'boolean' | 'string' | 'number' | 'object';

/** A flag's evaluation, here or by the server. Without a value, the flag leaves the value to the code. */
export interface EvaluatedFlag {
  readonly value?: unknown;
  readonly variant?: string | undefined;
  readonly reason: string;
  readonly metadata: FlagMetadata;
}

/** The caller's default value, and why it gets that. */
export function failed<T>(value: T, code: `${ErrorCode}`, message: string): ResolutionDetails<T> {
  return { value, reason: 'ERROR', errorCode: code as ErrorCode, errorMessage: message };
}

/** The caller's default value where the flag leaves the value to the code; TYPE_MISMATCH where it has another type. */
export function resolved<T>(
  key: string,
  type: FlagType,
  fallback: T,
  flag: EvaluatedFlag,
): ResolutionDetails<T> {
  const { value, variant, reason, metadata } = flag;
  if (value === undefined) return details(fallback, variant, reason, metadata);
  if (typeof value !== type) {
    return failed(
      fallback,
      'TYPE_MISMATCH',
      `flag ${key} has a ${typeof value}: ask for that, or change the flag`,
    );
  }
  // A caller that changes the object must not change it for others.
  return details((type === 'object' ? cloneJson(value) : value) as T, variant, reason, metadata);
}

function details<T>(
  value: T,
  variant: string | undefined,
  reason: string,
  flagMetadata: FlagMetadata,
): ResolutionDetails<T> {
  return variant === undefined ? { value, reason, flagMetadata } : { value, variant, reason, flagMetadata };
}

/** An error that OpenFeature's SDKs understand: the provider cannot evaluate flags yet, or no longer. */
export function notReady(message: string): Error {
  return Object.assign(new Error(message), { code: 'PROVIDER_NOT_READY' });
}

export const CLOSED = 'the provider is closed: make a new one';
