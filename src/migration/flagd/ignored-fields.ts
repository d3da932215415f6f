import type { IgnoredFields } from '../fields.js';

/** Fields of a flag file that do not affect what is served. */
export const IGNORED = {
  document: { $schema: 'location of the JSON schema' },
} satisfies Record<string, IgnoredFields>;
