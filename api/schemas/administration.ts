import { z } from 'zod';
import { keyInputSchema, ROLES } from '../../src/model/key.js';
import { actorName, count, moment, pageOf } from './common.js';

const keyFields = {
  key_id: z.string(),
  ...keyInputSchema.shape,
  created_at: moment,
  created_by: z.string(),
};

export const key = z.strictObject(keyFields).meta({ id: 'Key' });
export type KeyAnswer = z.output<typeof key>;
export const keyPage = pageOf(key);
export const newKey = z.strictObject({ ...keyFields, key: z.string().describe('Shown this once.') });

export const person = z
  .strictObject({
    person_id: z.string().describe('What the timeline and the audit trail call them.'),
    name: z.string(),
    email: z.string().nullable(),
    subject: z.string().describe('What the identity provider calls them.'),
    role: z.enum(ROLES).describe('At their last sign-in.'),
    environments: z.array(z.string()).nullable().describe('Null: every one.'),
    signed_in_at: moment.describe('When they signed in last.'),
  })
  .meta({ id: 'Person', description: 'Somebody who has signed in by the identity provider.' });
export type PersonAnswer = z.output<typeof person>;
export const personPage = pageOf(person);

export const auditPage = pageOf(
  z.strictObject({
    seq: z.number().int(),
    at: moment,
    actor: z.strictObject({
      type: z.enum(['person', 'system']),
      id: z.string(),
      name: actorName.optional(),
    }),
    action: z.string(),
    subject: z.strictObject({ type: z.string(), id: z.string() }),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
    hash: z.string(),
  }),
);

export const auditVerification = z.strictObject({
  valid: z.boolean(),
  entries: count.describe('Entries from the first one on that hold.'),
  first_bad: z
    .number()
    .int()
    .optional()
    .describe('The first entry that is not as it was written, or that is missing.'),
  next_cursor: z.string().nullable().describe('Null once the whole chain was checked.'),
});
