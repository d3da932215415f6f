import { z } from 'zod';

const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** What `isId` asks for, as an error says it. */
export const ID_RULE = 'must be 1 to 128 of A-Z a-z 0-9 . _ : - and start with a letter or a digit';

export function isId(text: string): boolean {
  return ID.test(text);
}

/** Ids of definitions. */
export const idSchema = z.string().regex(ID, ID_RULE);

/** Names of variants, segments and roles inside a definition follow the same rule as ids. */
export const nameSchema = idSchema;

/**
 * What has a name each. A wrong name hides nothing of what stands under it: zod's own check of keys looks at no value under a
 * wrong one, so that people would mend a name and then meet the next error.
 */
export function namedSchema<Value extends z.ZodType>(values: Value) {
  return z
    .record(z.string(), values)
    .superRefine(
      (record, context) => {
        for (const name of Object.keys(record))
          if (!isId(name)) context.addIssue({ code: 'custom', path: [name], message: ID_RULE });
      },
      { when: ({ value }) => typeof value === 'object' && value !== null },
    )
    .meta({ propertyNames: { pattern: ID.source } });
}

const encoder = new TextEncoder();

/** Whether a string is 1 to `bytes` bytes of UTF-8 without control characters. */
export function isPlainText(text: string, bytes: number): boolean {
  if (text.length === 0 || text.length > bytes) return false;
  // Nearly every text is plain ASCII, and each evaluation asks this of its unit.
  if (/^[\x20-\x7e]*$/.test(text)) return true;
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text) || !text.isWellFormed()) return false;
  return encoder.encode(text).length <= bytes;
}

/** What `isPlainText` asks for, as an error says it. */
export function plainTextRule(bytes: number): string {
  return `must be 1 to ${bytes} bytes of UTF-8 without control characters`;
}

export const UNIT_ID_BYTES = 256;
export const UNIT_ID_RULE = plainTextRule(UNIT_ID_BYTES);

/** Whether a text can name a unit (a user), as the unit's own system names it. */
export function isUnitId(text: string): boolean {
  return isPlainText(text, UNIT_ID_BYTES);
}

export const unitIdSchema = z.string().refine(isUnitId, UNIT_ID_RULE);

/** Why somebody did something. */
export const reasonSchema = z.string().trim().min(1).max(500);

export const descriptionSchema = z.string().max(2000);
