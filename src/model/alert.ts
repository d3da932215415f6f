/** How much an alert matters. The later ones matter more. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const ALERT_KINDS = [
  'started',
  'ramped',
  'state_changed',
  'ended',
  'held',
  'lifted',
  'still_held',
  'approval_wanted',
  'approval_answered',
  'decided',
  'harm_proven',
  'control_served',
  'command',
  'flag_changed',
  'note',
  'emergency_stop',
  'emergency_stop_released',
  'emergency_stop_incomplete',
  'emergency_stop_complete',
  'process_lost',
  'process_back',
  'flag_stale',
  'flag_not_stale',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export interface AlertRule {
  /** Of the kind; `held` and `lifted` have that of their hold. */
  severity: Severity;
  /** The kind that it says is over. */
  closes?: AlertKind;
  /** It may come and go many times: that it is over is told only once it has stayed over for a while. */
  flaps?: true;
}

/** Every kind that can be heard of: how much it matters, and what it ends. */
export const ALERT_RULES: Readonly<Record<AlertKind, AlertRule>> = {
  started: { severity: 'info' },
  ramped: { severity: 'info' },
  state_changed: { severity: 'info' },
  ended: { severity: 'info' },
  held: { severity: 'warning', flaps: true },
  lifted: { severity: 'warning', closes: 'held', flaps: true },
  still_held: { severity: 'warning' },
  approval_wanted: { severity: 'warning' },
  approval_answered: { severity: 'warning', closes: 'approval_wanted' },
  decided: { severity: 'info' },
  harm_proven: { severity: 'critical' },
  control_served: { severity: 'critical', closes: 'harm_proven' },
  command: { severity: 'info' },
  flag_changed: { severity: 'info' },
  note: { severity: 'info' },
  emergency_stop: { severity: 'critical' },
  emergency_stop_released: { severity: 'critical', closes: 'emergency_stop' },
  emergency_stop_incomplete: { severity: 'critical' },
  emergency_stop_complete: { severity: 'critical', closes: 'emergency_stop_incomplete' },
  process_lost: { severity: 'critical', flaps: true },
  process_back: { severity: 'critical', closes: 'process_lost', flaps: true },
  flag_stale: { severity: 'info' },
  flag_not_stale: { severity: 'info', closes: 'flag_stale' },
};

/** Kinds that open something which another kind closes: what a system that keeps incidents can use. */
export const OPENING_KINDS: readonly AlertKind[] = ALERT_KINDS.filter((kind) =>
  ALERT_KINDS.some((other) => ALERT_RULES[other].closes === kind),
);

/** What an alert is about. */
export interface AlertSubject {
  type: 'experiment' | 'emergency_stop' | 'process' | 'flag' | 'webhook';
  id: string;
}

/** Something that people may want to hear of, in words. */
export interface Alert {
  /** What it tells of, and so unique: telling it twice is telling it once. */
  alert_id: string;
  kind: AlertKind | 'test';
  severity: Severity;
  /** When it happened, ms since the epoch. */
  at: number;
  subject: AlertSubject;
  /** Places it in its subject's story: alerts of one subject are told in this order. */
  order: number;
  /** Null: every one. */
  environments: readonly string[] | null;
  tags: readonly string[];
  owner: string | null;
  /** One line: what it is about, and what happened. */
  title: string;
  /** One or two sentences more; empty where the title says it all. */
  text: string;
  /** What it opens or closes, by a key that both have; null where it does neither. */
  problem: string | null;
  closes: boolean;
  /** Its page in the dashboard. */
  path: string;
  /** What else a program may want to know. */
  details: Readonly<Record<string, string | number | boolean | null>>;
}
