import type { FreezeWindow } from '../calendar/freeze-windows.js';

/** When the freeze window around `at` ends, ms since the epoch; null outside of any. The windows must not overlap. */
export function frozenUntil(windows: readonly FreezeWindow[], at: number): number | null {
  return windows.find((window) => window.from <= at && at < window.to)?.to ?? null;
}
