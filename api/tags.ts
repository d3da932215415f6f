/** The groups of calls in the API's document, in the order in which people meet them. */
export const TAGS = {
  experiments: 'Definitions of experiments, and their start.',
  commands: 'What people ask of experiments under way.',
  planning: 'What a plan can detect, before anybody is exposed to it.',
  results: 'What was measured, decided and recorded.',
  privacy: 'What is held of a person, its removal, and the keys that seal it.',
  units: 'What people say of single units: exclusions, overrides, opt-outs.',
  flags: 'Feature flags and the segments that their rules name.',
  metrics: 'Definitions of metrics, and the events that they count.',
  policies: 'How experiments are run.',
  layers: 'Mutual exclusion and holdouts.',
  'emergency stops': 'The control for everybody, at once.',
  alerts: 'Who hears of what, and what became of it.',
  session: 'Who calls: sign-in of people, and what a key may do.',
  administration: 'Keys and the audit trail.',
  reports: 'What should be tidied up, and which processes serve.',
  serving: 'Assignments, events and snapshots: what services call all the time.',
  OFREP: 'OpenFeature Remote Evaluation Protocol 0.3.',
  process: 'The state of one API process; these calls need no key.',
} as const;

export type Tag = keyof typeof TAGS;
