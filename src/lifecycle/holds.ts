import { frozenUntil } from './frozen.js';
import type { Look } from './look.js';
import { metricsOf, type Plan } from './plan.js';
import type { Hold, HoldCode, State } from './state.js';

/** A guardrail with a one-sided p-value below this blocks shipping and holds the ramp. */
export const SUSPECT_P = 0.01;

/** The split cannot be trusted where more than this share of units, and at least this many, are seen in two arms. */
const CROSSOVER_SHARE = 0.01;
const CROSSOVER_UNITS = 10;

const LIFTS_WHEN: Record<HoldCode, string> = {
  no_traffic: 'the first unit is exposed',
  stale_data: 'events arrive and are folded again',
  srm: 'the arms have their planned shares again',
  crossover: 'fewer units are seen in two arms',
  guardrail_suspect: 'the guardrail recovers; it is rolled back if harm is proven',
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
  const since = before.find((earlier) => earlier.code === code)?.since ?? now;
  return { code, since, lifts_when: LIFTS_WHEN[code], ...(detail !== undefined && { detail }) };
}

/** Holds that no look at the metrics raises or lifts. */
const STANDING: readonly HoldCode[] = ['fenced', 'recovered', 'approval', 'rejected'];

/**
 * Every hold condition that is met at this look. The details are part of certificates, like the texts of decisions:
 * verification compares them.
 */
export function holdsOf(
  plan: Plan,
  state: Pick<State, 'phase' | 'epoch' | 'holds'>,
  look: Look,
  now: number,
): Hold[] {
  const found: [HoldCode, string][] = [];
  const { policy } = plan;

  const stale = staleness(plan, look, now);
  if (stale) found.push(['stale_data', stale]);
  if (look.last_event_at === null && now - plan.start_at > policy.no_traffic_grace) {
    found.push(['no_traffic', 'no unit was exposed since the start']);
  }
  const bayesFactor = look.evidence.srm.log_bayes_factor;
  if (bayesFactor >= Math.log(policy.srm.alarm_bayes_factor)) {
    const units = Object.entries(look.units).map(([variant, n]) => `${variant} ${n}`);
    found.push(['srm', `units do not fit the planned shares: ${units.join(', ')}`]);
  }
  const units = Object.values(look.units).reduce((sum, n) => sum + n, 0) + look.crossed_over;
  if (look.crossed_over >= CROSSOVER_UNITS && look.crossed_over > CROSSOVER_SHARE * units) {
    found.push(['crossover', `${look.crossed_over} of ${units} units were seen in two arms`]);
  }
  if (state.phase.state === 'ramping') {
    const suspects = suspectGuardrails(plan, state, look);
    if (suspects.length > 0) found.push(['guardrail_suspect', `looks harmful: ${suspects.join(', ')}`]);
  }
  if (!look.flag_enabled) found.push(['flag_off', 'the flag is disabled']);
  const frozen = frozenUntil(look.freezes, now);
  if (frozen !== null) found.push(['freeze_window', `frozen until ${new Date(frozen).toISOString()}`]);

  const standing = state.holds.filter(({ code }) => STANDING.includes(code));
  return [...found.map(([code, detail]) => hold(code, state.holds, now, detail)), ...standing];
}

function staleness(plan: Plan, look: Look, now: number): string | null {
  const limit = plan.policy.stale_after;
  if (look.backlog_ms > limit) return `events wait for folding since ${seconds(look.backlog_ms)}`;
  if (look.last_event_at !== null && now - look.last_event_at > limit) {
    return `the last event is ${seconds(now - look.last_event_at)} old`;
  }
  if (look.stale_guardrails.length > 0) return `no data for ${look.stale_guardrails.join(', ')}`;
  return null;
}

function suspectGuardrails(
  plan: Plan,
  state: Pick<State, 'phase' | 'epoch' | 'holds'>,
  look: Look,
): string[] {
  if (look.epoch !== state.epoch) return [];
  return metricsOf(plan, 'guardrail').flatMap(({ metric_id }) => {
    const comparisons =
      look.evidence.metrics.find((metric) => metric.metric_id === metric_id)?.comparisons ?? [];
    return comparisons.some(({ guardrail }) => (guardrail?.p_value ?? 1) < SUSPECT_P) ? [metric_id] : [];
  });
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
