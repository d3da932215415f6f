import type { paths } from '../../api/schema.js';

/** A flag that no longer decides anything. */
export type StaleFlag =
  paths['/v1/reports/stale-flags']['get']['responses'][200]['content']['application/json']['items'][number];

/** So many days without a change make a flag stale, where nobody asks for others. */
export const STALE_DAYS = 30;
