import type { ErrorCode, FlagMetadata, ResolutionDetails } from '@openfeature/core';
import { cloneJson } from './json.js';

export type FlagType = 'boolean' | 'string' | 'number' | 'object';

/** What was found for a flag, wherever it was evaluated. */
export interface Found {
  readonly value?: unknown;
  readonly variant?: string | undefined;
  readonly reason: string;
  readonly metadata: FlagMetadata;
}

/** The caller's default with the reason why. */
export function failed<T>(value: T, code: `${ErrorCode}`, message: string): ResolutionDetails<T> {
  return { value, reason: 'ERROR', errorCode: code as ErrorCode, errorMessage: message };
}

/** As OpenFeature has it: the caller's default where the flag leaves the value to the code, TYPE_MISMATCH where it has another type. */
export function resolved<T>(key: string, type: FlagType, fallback: T, found: Found): ResolutionDetails<T> {
  const { value, variant, reason, metadata } = found;
  if (value === undefined) return details(fallback, variant, reason, metadata);
  if (typeof value !== type) {
    return failed(
      fallback,
      'TYPE_MISMATCH',
      `flag ${key} has a ${typeof value}: ask for that, or change the flag`,
    );
  }
  // A caller that changes the object must not change it for everybody.
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
