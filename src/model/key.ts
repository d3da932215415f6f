import { z } from 'zod';
import { nameSchema } from './id.js';
import { timeSchema } from './time.js';

export const ROLES = ['client', 'server', 'viewer', 'experimenter', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export const keyInputSchema = z.strictObject({
  name: z.string().min(1).max(200),
  role: z.enum(ROLES),
  environments: z.array(nameSchema).min(1).max(100).optional(),
  expires_at: timeSchema.optional(),
});
export type KeyInput = z.output<typeof keyInputSchema>;

/** A key as it is stored: only its hash. */
export interface StoredKey extends KeyInput {
  _id: string;
  /** SHA-256 of the key, hexadecimal. */
  hash: string;
  created_at: string;
  created_by: string;
}
