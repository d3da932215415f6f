/** The options of commands that ask a running API. A command sends what it is given, and the API checks it. */
export const OPTIONS = {
  reason: ['--reason <text>', 'why; it is kept in the audit trail'],
  variant: ['--variant <name>', 'a variant of the experiment'],
  'start-date': ['--start-date <time>', 'when it starts: a time in ISO 8601, or now'],
  'end-date': ['--end-date <time>', 'when it ends: a time in ISO 8601'],
  duration: ['--duration <duration>', 'how long it runs from its start, such as 14d'],
  all: ['--all', 'every experiment'],
  role: ['--role <role>', 'viewer, experimenter, operator, admin, server or client'],
  name: ['--name <name>', 'a name for people'],
  policy: ['--policy <id>', 'another policy'],
  coverage: ['--coverage <percent>', 'the share of eligible units, in per cent'],
  unit: ['--unit <id>', 'a unit; may be given again'],
  attributes: ['--attributes <json>', 'what is known of the unit, as a JSON object'],
  lift: ['--lift', 'take it back'],
  'keep-opt-out': ['--keep-opt-out', 'an opt-out of the unit stays'],
  wait: ['--wait', 'until nothing is open any more, with its progress'],
  state: ['--state <state>', 'only those in this state'],
  tag: ['--tag <tag>', 'only those with this tag'],
  limit: ['--limit <number>', 'at most so many'],
  status: ['--status <status>', 'waiting, delivered, dead, muted or superseded'],
  days: ['--days <number>', 'how long they have not changed'],
} as const;

export type OptionName = keyof typeof OPTIONS;

type Switch = 'all' | 'lift' | 'wait' | 'keep-opt-out';

/** The options that were given; a command reads those that it has. */
export type ClientOptions = Partial<Record<Exclude<OptionName, Switch | 'unit'>, string>> &
  Partial<Record<Switch, boolean>> & { unit?: string[] };
