import { z } from 'zod';
import { moment, pageOf } from './common.js';
import { policy } from './definitions.js';

const policyVersion = z.strictObject({
  version: z.number().int().min(1),
  at: moment.nullable().describe('Null: every installation has it.'),
  by: z.string().nullable(),
  definition: policy,
});
export type PolicyVersion = z.output<typeof policyVersion>;
export const policyVersionPage = pageOf(policyVersion);

export const policyFreezes = z
  .strictObject({
    policy_id: z.string(),
    at: moment,
    until: moment.describe('How far was looked ahead.'),
    rules: z
      .array(z.strictObject({ windows: z.array(z.strictObject({ from: moment, until: moment })) }))
      .describe(
        'In the order of `freeze_windows`; of each the windows that are open or open next, at most 20.',
      ),
  })
  .meta({ id: 'PolicyFreezes' });
