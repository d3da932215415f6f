import { z } from 'zod';
import { ROLES } from '../../src/model/key.js';
import { ACTIONS } from '../auth.js';
import { moment } from './common.js';

export const session = z
  .strictObject({
    actor: z.strictObject({
      type: z.enum(['key', 'person']),
      id: z.string().describe('What the timeline and the audit trail call whoever calls.'),
      name: z.string(),
    }),
    role: z.enum(ROLES),
    environments: z.array(z.string()).nullable().describe('Null: every one.'),
    may: z.array(z.enum(ACTIONS)).describe('What calls this role allows.'),
    csrf: z.string().nullable().describe('For the header X-Rampart-CSRF of every change; null for a key.'),
    environment: z.string().describe('The environment that this installation serves.'),
    version: z.string(),
    at: moment.describe("The server's clock."),
    expires_at: moment.nullable(),
    oidc: z.boolean().describe('People may sign in by an identity provider.'),
  })
  .meta({ id: 'Session', description: 'Who calls, and what they may do.' });
export type SessionAnswer = z.output<typeof session>;

export const signIn = z.strictObject({ key: z.string().min(1).max(500) });
