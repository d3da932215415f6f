import type { PolicyChoice } from './choices.js';

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration such as `24h`; 0 where it is none. */
export function durationMs(text: string | undefined): number {
  const match = /^(\d{1,9})([smhd])$/.exec(text ?? '');
  return match ? Number(match[1]) * UNITS[match[2]!]! : 0;
}

/** How long the ramp takes where nothing holds it, ms. */
export function rampMs({ ramp }: Pick<PolicyChoice, 'ramp'>): number {
  return ramp.reduce((sum, { min_dwell }) => sum + durationMs(min_dwell), 0);
}
