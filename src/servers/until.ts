import { setTimeout as sleep } from 'node:timers/promises';

const PERIOD_MS = 50;

/** Waits until a check answers true; one that throws counts as false. @throws {Error} after `ms` */
export async function until(check: () => Promise<boolean>, ms: number, what: string): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await check().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`${what} did not become ready within ${ms / 1000} s`);
    await sleep(PERIOD_MS);
  }
}
