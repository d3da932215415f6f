import { z } from 'zod';

/** Ids of definitions: 1 to 128 of `A-Za-z0-9._:-`, starting with a letter or digit. */
export const idSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/,
    'must be 1 to 128 of A-Z a-z 0-9 . _ : - and start with a letter or a digit',
  );

/** Names of variants, segments and roles inside a definition obey the same grammar as ids. */
export const nameSchema = idSchema;

const encoder = new TextEncoder();

/** Whether a string is 1 to `bytes` bytes of UTF-8 without control characters. */
export function isPlainText(text: string, bytes: number): boolean {
  if (text.length === 0 || text.length > bytes) return false;
  // Nearly all are plain ASCII, and this is asked for every evaluation.
  if (/^[\x20-\x7e]*$/.test(text)) return true;
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text) || !text.isWellFormed()) return false;
  return encoder.encode(text).length <= bytes;
}

/** A unit (a user) as its own system names it: any 1 to 256 bytes of UTF-8 without control characters. */
export const unitIdSchema = z
  .string()
  .refine((text) => isPlainText(text, 256), 'must be 1 to 256 bytes of UTF-8 without control characters');

/** Why somebody did something: 1 to 500 characters. */
export const reasonSchema = z.string().trim().min(1).max(500);

export const descriptionSchema = z.string().max(2000);
