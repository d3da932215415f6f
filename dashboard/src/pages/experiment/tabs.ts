/** The pages of an experiment: their part of the address, and their name. */
export const TABS = [
  ['overview', 'Overview'],
  ['evidence', 'Evidence'],
  ['guardrails', 'Guardrails'],
  ['health', 'Health'],
  ['decisions', 'Decisions'],
  ['timeline', 'Timeline'],
  ['definition', 'Definition'],
  ['people', 'People'],
] as const;

export type Tab = (typeof TABS)[number][0];
