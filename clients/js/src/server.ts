export {
  RampartProvider,
  type Assignment,
  type AssignOptions,
  type RampartProviderOptions,
} from './rampart-provider.js';
export type { AssignmentReason } from './ruleset.js';
export type { Logger } from './logger.js';
