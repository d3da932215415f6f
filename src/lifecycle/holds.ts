import { alarmText } from './anomaly-text.js';
import { hasControl } from './compared.js';
import { frozenUntil } from './frozen.js';
import { blindMetrics, blindText, isExcused, suspectGuardrails } from './guardrails.js';
import type { Look } from './look.js';
import { iso } from '../iso.js';
import type { Plan } from './plan.js';
import type { Hold, HoldCode, State } from './state.js';

/** The split cannot be trusted where more than this share of units, and at least this many, are seen in two arms. */
const CROSSOVER_SHARE = 0.01;
const CROSSOVER_UNITS = 10;

const LIFTS_WHEN: Record<HoldCode, string> = {
  no_traffic: 'the first unit is exposed',
  stale_data: 'events arrive and are folded again',
  anomaly: 'it is as usual for several windows in a row, or has been as it is now for six hours',
  srm: 'the arms have their planned shares again',
  crossover: 'fewer units are seen in two arms',
  guardrail_suspect: 'the guardrail recovers; it is rolled back if harm is proven',
  guardrail_blind: 'the guardrail has evidence; until then nothing ships, unless a person concludes',
  approval: 'a person approves the step',
  rejected: 'a person advances, concludes or stops the experiment',
  freeze_window: 'the freeze window is over',
  fenced: 'the emergency stop is released',
  flag_off: 'the flag is enabled again',
  recovered: 'a person resumes the experiment',
  fault: 'the next look at the metrics succeeds',
};

/** A hold that begins now, or goes on from when it began. */
export function hold(code: HoldCode, before: readonly Hold[], now: number, detail?: string): Hold {
  const { since = now, reminded } = before.find((earlier) => earlier.code === code) ?? {};
  return {
    code,
    since,
    lifts_when: LIFTS_WHEN[code],
    ...(detail !== undefined && { detail }),
    ...(reminded !== undefined && { reminded }),
  };
}

/** Holds that keep a winner from shipping, and nothing else: the ramp goes on, and its dwell clocks run. */
const OF_SHIPPING: readonly HoldCode[] = ['guardrail_blind'];

/** Holds under which no ramp step is done and no dwell clock runs. */
export function holdsOfRamp(holds: readonly Hold[]): Hold[] {
  return holds.filter(({ code }) => !OF_SHIPPING.includes(code));
}

/** Holds that no look at the metrics raises or lifts. */
const STANDING = ['fenced', 'recovered', 'approval', 'rejected'] as const satisfies readonly HoldCode[];
type Standing = (typeof STANDING)[number];

function isStanding(code: HoldCode): boolean {
  return (STANDING as readonly HoldCode[]).includes(code);
}

/**
 * Every hold condition that is met at this look. The details are part of certificates, like the texts of decisions:
 * verification compares them.
 */
export function holdsOf(plan: Plan, state: HeldState, look: Look, now: number): Hold[] {
  const frozen = frozenUntil(look.freezes, now);
  const found: Record<Exclude<HoldCode, Standing | 'fault'>, string | null> = {
    stale_data: staleness(plan, look, now),
    no_traffic: silence(plan, look, now),
    anomaly: unusual(look),
    srm: brokenSplit(plan, look),
    crossover: crossover(look),
    guardrail_suspect: suspicion(plan, state, look),
    guardrail_blind: blindness(plan, state, look),
    flag_off: look.flag_enabled ? null : 'the flag is disabled',
    freeze_window: frozen === null ? null : `frozen until ${iso(frozen)}`,
  };
  const raised = (Object.keys(found) as (keyof typeof found)[]).flatMap((code) =>
    found[code] === null ? [] : [hold(code, state.holds, now, found[code])],
  );
  return [...raised, ...state.holds.filter(({ code }) => isStanding(code))];
}

/** The part of the state that the holds depend on. */
type HeldState = Pick<State, 'phase' | 'epoch' | 'dropped' | 'holds'>;

function staleness(plan: Plan, look: Look, now: number): string | null {
  const limit = plan.policy.stale_after;
  const { last_event_at, backlog_ms, stale_guardrails } = look;
  // Not to know how old the data are is no better than knowing that they are too old.
  if (!isNumber(backlog_ms)) return 'how long events wait for folding is not known';
  if (backlog_ms > limit) return `events wait for folding since ${seconds(backlog_ms)}`;
  if (!isNumber(last_event_at)) return unitsIn(look) > 0 ? 'the age of the last event is not known' : null;
  if (now - last_event_at > limit) return `the last event is ${seconds(now - last_event_at)} old`;
  return stale_guardrails.length > 0 ? `no data for ${stale_guardrails.join(', ')}` : null;
}

function silence({ start_at, policy }: Plan, { last_event_at }: Look, now: number): string | null {
  return !isNumber(last_event_at) && now - start_at > policy.no_traffic_grace
    ? 'no unit was exposed since the start'
    : null;
}

/** Where nothing was watched, nothing is said: earlier looks, and simulated ones, have no counts by minute. */
function unusual({ anomalies }: Look): string | null {
  const alarms = anomalies?.alarms ?? [];
  return alarms.length > 0 ? alarms.map(alarmText).join('; ') : null;
}

function brokenSplit({ policy }: Plan, { evidence, units }: Look): string | null {
  const bayesFactor = evidence.srm?.log_bayes_factor;
  // A split that cannot be checked is not a good one.
  if (!isNumber(bayesFactor)) return 'whether units fit the planned shares is not known';
  if (bayesFactor < Math.log(policy.srm.alarm_bayes_factor)) return null;
  const counts = Object.entries(units).map(([variant, n]) => `${variant} ${n}`);
  return `units do not fit the planned shares: ${counts.join(', ')}`;
}

function crossover(look: Look): string | null {
  const { crossed_over } = look;
  if (!isNumber(crossed_over)) return 'how many units were seen in two arms is not known';
  const units = unitsIn(look) + crossed_over;
  return crossed_over >= CROSSOVER_UNITS && crossed_over > CROSSOVER_SHARE * units
    ? `${crossed_over} of ${units} units were seen in two arms`
    : null;
}

/** While more are enrolled, and while a person is asked to ship; at other times the rows that ship look for themselves. */
function suspicion(plan: Plan, state: HeldState, look: Look): string | null {
  const { phase, epoch } = state;
  if (look.epoch !== epoch || (phase.state !== 'ramping' && phase.state !== 'awaiting_approval')) return null;
  const suspects = suspectGuardrails(plan, state, look);
  return suspects.length > 0 ? `looks harmful: ${suspects.join(', ')}` : null;
}

/** An evidence of another epoch says nothing about this one; and without a control nothing is compared at all. */
function blindness(plan: Plan, state: HeldState, look: Look): string | null {
  if (look.epoch !== state.epoch || !hasControl(plan, state)) return null;
  const blind = blindMetrics(plan, state, look).filter((one) => !isExcused(plan, state, one));
  return blind.length > 0 ? blind.map(blindText).join('; ') : null;
}

function unitsIn({ units }: Look): number {
  return Object.values(units).reduce((sum, n) => sum + n, 0);
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
