import type { Schemas } from '../../../api/client.js';
import type { HoldCode } from '../../../words/codes.js';
import { ago, asSentence, count, duration, rate } from '../../../words/format.js';
import { guardrailsOf } from '../guardrails/guardrail-state.js';

/** Fine, to be watched, or the reason why nothing advances or ships. `none`: the question does not come up. */
export type Standing = 'fine' | 'watch' | 'holding' | 'none';

export interface HealthLine {
  standing: Standing;
  /** How much of what. */
  amount: string;
  /** What it means, and what to do about it. */
  text: string;
}

export interface HealthOf {
  experiment: Schemas['Experiment'];
  results: Schemas['Results'];
  plan: Schemas['Plan'];
  totals: Totals | null;
  /** The server's time, ms since the epoch. */
  now: number;
}

export interface Totals {
  lag_seconds: number;
  crossed_over: number | string;
  duplicates: number | string;
  excessive: number | string;
  before_exposure: number | string;
  out_of_range: number | string;
}

/** Beyond this the effect changes from day to day, and nothing ships. */
const NOVELTY_Z = 2.58;
/** A factor that is worth a look, long before the alarm. */
const NOTABLE = Math.log(10);
/** Events that wait longer than this for folding are late. */
const LATE_SECONDS = 60;

export function isHeld({ experiment }: Pick<HealthOf, 'experiment'>, ...codes: HoldCode[]): boolean {
  return experiment.state !== 'completed' && experiment.holds.some(({ code }) => codes.includes(code));
}

const NOBODY: HealthLine = { standing: 'none', amount: '–', text: 'Nobody was exposed yet.' };

/** The split: whether units come in the planned shares. */
export function sharesLine(of: HealthOf): HealthLine {
  const { results, plan } = of;
  if (unitsIn(results) === 0 && !isHeld(of, 'srm')) return NOBODY;
  const { log_bayes_factor } = results.evidence.srm;
  const amount = `${factor(log_bayes_factor)} of ${count(plan.thresholds.srm)}`;
  if (isHeld(of, 'srm') || log_bayes_factor >= Math.log(plan.thresholds.srm))
    return {
      standing: 'holding',
      amount,
      text: 'Something loses people of one arm. Look at its redirects, at bots, and at who sends exposures.',
    };
  if (log_bayes_factor >= NOTABLE)
    return { standing: 'watch', amount, text: 'Not proven. See whether one arm loses exposures.' };
  return { standing: 'fine', amount, text: 'Units come as they should. Nothing to do.' };
}

function unitsIn({ crossed_over, units }: Schemas['Results']): number {
  return crossed_over + Object.values(units).reduce((sum, n) => sum + n, 0);
}

function factor(log: number): string {
  const value = Math.exp(log);
  return value < 1 ? 'below 1' : count(Math.floor(Math.min(value, 1e12)));
}

export interface Share {
  variant: string;
  units: number;
  expected: number;
  seen: number | null;
}

/** What each arm should have, and has. Later epochs have shares of their own, which the allocation says. */
export function sharesOf({ experiment, results }: Pick<HealthOf, 'experiment' | 'results'>): Share[] {
  const { units, epoch } = results;
  const planned: Record<string, number> =
    epoch > 0 && Object.keys(experiment.allocation).length > 0
      ? experiment.allocation
      : Object.fromEntries(Object.entries(experiment.variants).map(([name, { traffic }]) => [name, traffic]));
  const names = [
    experiment.control,
    ...Object.keys(experiment.variants).filter((name) => name !== experiment.control),
  ].filter((name) => name in units && name in planned);
  const sum = (values: Record<string, number>): number => names.reduce((all, name) => all + values[name]!, 0);
  const [all, planned_in_all] = [sum(units), sum(planned)];
  return names.map((variant) => ({
    variant,
    units: units[variant]!,
    expected: planned[variant]! / planned_in_all,
    seen: all === 0 ? null : units[variant]! / all,
  }));
}

export function crossoverLine(of: HealthOf): HealthLine {
  const { results } = of;
  const { crossed_over } = results;
  const units = unitsIn(results);
  if (units === 0) return NOBODY;
  const share = crossed_over / units;
  const amount = `${count(crossed_over)} of ${count(units)}`;
  if (isHeld(of, 'crossover'))
    return {
      standing: 'holding',
      amount,
      text: 'Ids change between exposures, or two places decide. Use the id that stays, and ask in one place.',
    };
  return share > 0.005
    ? {
        standing: 'watch',
        amount,
        text: `${rate(share, 2)}. Above 1 % nothing advances: see whether ids change.`,
      }
    : {
        standing: 'fine',
        amount,
        text: `${rate(share, 2)}; they are not counted. Above 1 % nothing advances.`,
      };
}

export function eventsLine(of: HealthOf): HealthLine {
  const { results, totals, experiment, now } = of;
  const { last_event_at } = results;
  const lag =
    totals === null
      ? ''
      : `, folded ${totals.lag_seconds < 1 ? 'at once' : `with a lag of ${duration(totals.lag_seconds * 1000)}`}`;
  const last = last_event_at === null ? 'none yet' : ago(now - Date.parse(last_event_at));
  const amount = `${last}${lag}`;
  if (experiment.state === 'completed')
    return { standing: 'none', amount, text: 'It is over; events change nothing any more.' };
  if (isHeld(of, 'no_traffic'))
    return {
      standing: 'holding',
      amount,
      text: 'Nobody was exposed. See whether the code asks for the flag, and whether the audience exists.',
    };
  if (isHeld(of, 'stale_data'))
    return {
      standing: 'holding',
      amount,
      text: 'No fresh events. See whether senders run, and whether a worker folds.',
    };
  if ((totals?.lag_seconds ?? 0) > LATE_SECONDS)
    return { standing: 'watch', amount, text: 'Events wait for folding. See whether the workers keep up.' };
  if (last_event_at === null) return { standing: 'none', amount, text: 'No event has come yet.' };
  return { standing: 'fine', amount, text: 'Events arrive and are folded. Nothing to do.' };
}

/** What is unusual, where that holds it. Otherwise nothing is said here: what is watched has a card of its own. */
export function anomalyLine(of: HealthOf): HealthLine | null {
  const held = of.experiment.holds.find(({ code }) => code === 'anomaly');
  if (!held || !isHeld(of, 'anomaly')) return null;
  return {
    standing: 'holding',
    amount: `since ${ago(of.now - Date.parse(held.since))}`,
    text: `${asSentence(held.detail ?? 'something is unusual')} See what changed then. It lifts when ${held.lifts_when}.`,
  };
}

export function oddEventsLine({ totals }: HealthOf): HealthLine {
  if (totals === null) return { standing: 'none', amount: '–', text: 'Nothing was folded yet.' };
  const { duplicates, excessive, before_exposure, out_of_range } = totals;
  const parts: [number, string][] = [
    [Number(duplicates), 'sent twice'],
    [Number(before_exposure), 'before the first exposure'],
    [Number(out_of_range), 'with a value out of range'],
    [Number(excessive), 'beyond what one unit may send'],
  ];
  const amount = parts
    .filter(([n]) => n > 0)
    .map(([n, what]) => `${count(n)} ${what}`)
    .join(', ');
  if (Number(out_of_range) + Number(excessive) > 0)
    return {
      standing: 'watch',
      amount,
      text: 'See what the senders put into these values: what cannot be counted is left out.',
    };
  return {
    standing: 'fine',
    amount: amount === '' ? 'none' : amount,
    text: 'What comes twice counts once, and what came before the first exposure does not count.',
  };
}

export function guardrailsLine(of: HealthOf): HealthLine {
  const { results, plan, experiment } = of;
  const { stale_guardrails, silent_guardrails } = results;
  const blind = guardrailsOf(results, plan).filter(({ lacks }) => lacks !== null);
  const names = new Set(blind.map(({ metric_id }) => metric_id));
  const said = [
    ...silent_guardrails.map((id) => `${id} never had data`),
    ...stale_guardrails.map((id) => `${id} has none any more`),
    ...[...names]
      .filter((id) => !silent_guardrails.includes(id) && !stale_guardrails.includes(id))
      .map((id) => `${id}: ${blind.find(({ metric_id }) => metric_id === id)!.lacks}`),
  ];
  const all = experiment.success_metrics.guardrail?.length ?? 0;
  if (all === 0)
    return { standing: 'none', amount: '–', text: 'It has no guardrail: nothing but a primary objects.' };
  const unseen = new Set([...names, ...silent_guardrails, ...stale_guardrails]).size;
  const amount = `${unseen} of ${all}`;
  if (unseen === 0) return { standing: 'fine', amount, text: 'Every guardrail could object. Nothing to do.' };
  const remedy =
    silent_guardrails.length + stale_guardrails.length > 0
      ? 'See whether their events are sent.'
      : 'More data bring them; until then they cannot object.';
  const text = `${said.join('; ')}. ${remedy}`;
  return { standing: isHeld(of, 'guardrail_blind') ? 'holding' : 'watch', amount, text };
}

export function noveltyLine({ results }: HealthOf): HealthLine {
  const asked = results.evidence.metrics
    .filter(({ role }) => role === 'primary')
    .flatMap(({ metric_id, comparisons }) =>
      comparisons.flatMap(({ variant, novelty }) =>
        novelty === undefined ? [] : [{ name: `${metric_id} of ${variant}`, novelty }],
      ),
    );
  if (asked.length === 0)
    return { standing: 'none', amount: '–', text: 'It is asked only of primaries that have a window.' };
  const changing = asked.filter(({ novelty }) => novelty !== null && Math.abs(novelty.z) > NOVELTY_Z);
  if (changing.length > 0)
    return {
      standing: 'holding',
      amount: `${changing.length} of ${asked.length}`,
      text: `The effect changes from day to day: ${changing.map(({ name, novelty }) => `${name}, z ${novelty!.z.toFixed(1)}`).join('; ')}. It does not ship while this stays.`,
    };
  const unseen = asked.filter(({ novelty }) => novelty === null);
  return unseen.length > 0
    ? {
        standing: 'watch',
        amount: `${unseen.length} of ${asked.length}`,
        text: `Too few units a day to see whether it lasts: ${unseen.map(({ name }) => name).join(', ')}.`,
      }
    : { standing: 'fine', amount: `0 of ${asked.length}`, text: 'Newcomers of every day react alike.' };
}
