import type { Fields } from '../fields.js';
import type { FlagDescription, PlannedVariant } from '../flag-plan.js';

/** A flag with its settings in one environment, whichever of the two document forms it was read from. */
export interface LaunchdarklyFlag {
  key: string;
  path: string;
  about: FlagDescription;
  variants: PlannedVariant[];
  /** The object that has targets, rules, fallthrough and prerequisites. */
  settings: Fields;
  on: boolean;
  offVariation: number | undefined;
  /** Accounts for the fields of `settings` that were not read. */
  close: () => void;
  /** Why the flag cannot be carried over. */
  lost?: string | undefined;
}
