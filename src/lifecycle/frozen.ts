import type { FreezeWindow } from '../calendar/freeze-windows.js';

/** The end of the window that `at` lies in, or null. Windows do not overlap. */
export function frozenUntil(windows: readonly FreezeWindow[], at: number): number | null {
  return windows.find((window) => window.from <= at && at < window.to)?.to ?? null;
}
