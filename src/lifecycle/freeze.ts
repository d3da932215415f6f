/** A time in which nothing advances or ships; ms since the epoch, `to` exclusive. */
export interface FreezeWindow {
  from: number;
  to: number;
}

/** The end of the window that `at` lies in, or null. Windows do not overlap. */
export function frozenUntil(windows: readonly FreezeWindow[], at: number): number | null {
  return windows.find((window) => window.from <= at && at < window.to)?.to ?? null;
}
