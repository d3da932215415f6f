import { expect, it } from 'vitest';
import { policyOf } from '../../src/operations/catalog.js';
import { standardPolicy, type PolicyChange } from '../../src/model/policy.js';

it('a policy with a malformed freeze window is refused by the name of its field', () => {
  const policyWith = (window: object): unknown =>
    policyOf({ ...standardPolicy, freeze_windows: [{ duration: '1h', ...window }] } as PolicyChange, 2);
  expect(() => policyWith({ cron: 'every friday' })).toThrow(
    expect.objectContaining({
      members: { errors: [expect.objectContaining({ path: 'freeze_windows.0.cron' })] },
    }) as Error,
  );
  expect(policyWith({ cron: '0 0 * * *' })).toMatchObject({ version: 2 });
});
