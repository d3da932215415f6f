import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { eventually } from '../e2e/harness.js';
import type { Stage, Look, Visit } from './stage.js';

let stage: Stage | null = null;

/** The product and the browser that all cases share. */
export function theStage(): Stage {
  if (stage === null) throw new Error('the stage is opened by the test file, which names it by useStage');
  return stage;
}

export function useStage(opened: Stage): void {
  stage = opened;
}

/** Looks at pages, and fails where the console complained of something that is not expected. */
export async function visiting(
  look: Look,
  visit: (at: Visit) => Promise<void>,
  expected: readonly string[] = [],
): Promise<void> {
  const at = await theStage().page(look);
  try {
    await visit(at);
    expect(at.complaints.filter((text) => !expected.some((part) => text.includes(part)))).toEqual([]);
  } finally {
    await at.close();
  }
}

/** What the API says, to hold a page against. */
export async function read(path: string): Promise<Record<string, unknown>> {
  return (await theStage().rampart.call('GET', path)).body;
}

export async function keyOf(role: string): Promise<string> {
  const { body } = await theStage().rampart.call('POST', '/v1/keys', { role, name: role });
  return String((body as { key: string }).key);
}

/** Clicks, and returns where the file is that this saves. */
export async function saved(page: Page, name: string, role: 'button' | 'link' | 'menuitem'): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole(role, { name, exact: role !== 'menuitem' }).click(),
  ]);
  return await download.path();
}

/** An experiment that goes on by itself only after an hour, without users. */
export async function experiment(experiment_id: string, isStarted = true): Promise<void> {
  const { rampart } = theStage();
  await rampart.call('POST', '/v1/experiments', {
    experiment_id,
    policy_id: 'standard',
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'] },
  });
  if (!isStarted) return;
  await rampart.call('POST', `/v1/experiments/${experiment_id}/start`, { duration: '20d' });
  await eventually(async () => (await read(`/v1/experiments/${experiment_id}`))['state'] === 'ramping');
}

export const dialog = (page: Page): Locator => page.getByRole('dialog');
