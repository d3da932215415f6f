import { memo } from 'react';
import { Meter } from '../../pictures/meter.js';
import { MiniInterval } from '../../pictures/mini-interval.js';
import { Spark } from '../../pictures/spark.js';
import { armColour, armIndex } from '../../ui/arm.js';
import { Icon } from '../../ui/icon.js';
import { Pill } from '../../ui/pill.js';
import { HOLDS, STATES } from '../../words/codes.js';
import { count, duration, evidence, lift, percent } from '../../words/format.js';
import { standing, standingSentence } from '../../words/state.js';
import { exactTime, shortTime } from '../../words/times.js';
import type { Listed } from './rows.js';

// The parts of a row, which are the parts of a card as well. `now` is rounded by whoever draws them, so that a list does not
// draw itself anew each second.

interface Props {
  experiment: Listed;
  now: number;
}

/** The state as a pill, and what is to be known of it below. */
export function StateCell({ experiment, now }: Props) {
  const below = underState(experiment, now);
  return (
    <>
      <StatePill experiment={experiment} now={now} />
      <span className="sub clip" title={below}>
        {below}
      </span>
    </>
  );
}

/** As `standing` has it, but short: the line below says the rest. */
export function StatePill({ experiment, now }: Props) {
  const { state, step, holds, paused } = experiment;
  const { text, icon, tone } = standing(experiment);
  const [hold] = holds;
  if (state === 'completed' || paused !== null || state === 'awaiting_approval') {
    return (
      <Pill tone={tone} icon={icon}>
        {text}
      </Pill>
    );
  }
  const isAsked = holds.some(({ code }) => code === 'approval');
  const word = STATES[isAsked ? 'awaiting_approval' : state];
  if (hold && !isAsked) {
    return (
      <Pill tone={tone} icon={icon}>
        Held {duration(Math.max(60_000, now - Date.parse(hold.since)))}
      </Pill>
    );
  }
  return (
    <Pill tone={word.tone} icon={word.icon}>
      {state === 'ramping' && step && !isAsked ? `Ramping, ${step.index + 1} of ${step.of}` : word.text}
    </Pill>
  );
}

/** The line below the state: what holds, who paused, or how far it is. */
export function underState(experiment: Listed, now: number): string {
  const { state, holds, paused, winner, control, coverage } = experiment;
  if (state === 'completed') return `${winner ?? control} for all`;
  if (paused !== null) return paused.reason === null ? `by ${paused.by}` : `${paused.by}: “${paused.reason}”`;
  const [hold, ...others] = holds;
  if (hold && state !== 'awaiting_approval') {
    const more = others.length > 0 ? `, and ${others.length} more` : '';
    return `${HOLDS[hold.code].text}${more}`;
  }
  switch (state) {
    case 'ramping':
      return 'nothing holds';
    case 'running':
      return dayOf(experiment, now) ?? 'nobody more is enrolled';
    case 'awaiting_approval':
      return `${winner} won`;
    case 'rolling_out':
    case 'watching':
      return `${winner} for ${percent(coverage)}`;
    case 'rolling_back':
      return 'all get the control';
    case 'draft':
    case 'scheduled':
    case 'queued':
      return lowered(standingSentence(experiment));
  }
}

/** `day 9 of 14`; null where it lasts less than two days. */
function dayOf({ start_date, deadlines }: Listed, now: number): string | null {
  const from = Date.parse(start_date ?? '');
  const days = Math.round((Date.parse(deadlines['horizon_at'] ?? '') - from) / DAY_MS);
  if (!(days >= 2)) return null;
  return `day ${Math.min(days, Math.floor((now - from) / DAY_MS) + 1)} of ${days}`;
}
const DAY_MS = 86_400_000;

function lowered(sentence: string): string {
  return `${sentence[0]!.toLowerCase()}${sentence.slice(1)}`;
}

/** How much of the audience it has. */
export function enrolled({ state, coverage }: Listed): string {
  return state === 'draft' || state === 'scheduled' || state === 'queued' || state === 'completed'
    ? '–'
    : percent(coverage);
}

export function UnitsCell({ experiment, now }: Props) {
  const { summary } = experiment;
  if (!summary) return <>–</>;
  return (
    <span className="units">
      <UnitsSpark spark={summary.spark} />
      <span>{count(summary.units)}</span>
      <LookAge experiment={experiment} now={now} />
    </span>
  );
}

const UnitsSpark = memo(function UnitsSpark({ spark }: Pick<NonNullable<Listed['summary']>, 'spark'>) {
  const [from, to] = [spark[0]?.units ?? 0, spark.at(-1)?.units ?? 0];
  return <Spark points={spark} label={`Units of its looks, from ${count(from)} to ${count(to)}`} />;
});

/** A look is old where the next one should have been by now. */
export function isOverdue({ deadlines, state }: Listed, now: number): boolean {
  const next = deadlines['next_look_at'];
  return state !== 'completed' && next !== undefined && now - Date.parse(next) > 60_000;
}

function LookAge({ experiment, now }: Props) {
  const { summary } = experiment;
  if (!summary) return null;
  const at = Date.parse(summary.last_look_at);
  const isOld = isOverdue(experiment, now);
  return (
    <time
      className={isOld ? 'age stale' : 'age'}
      dateTime={summary.last_look_at}
      title={`${isOld ? 'The next look is overdue. ' : ''}Last look ${exactTime(at)}`}
    >
      {isOld && <Icon name="clock" />}
      {shortTime(at, now)}
    </time>
  );
}

/** What the primary is worth saying of: its lift, and whether a row of the table has decided. */
export function primaryWords({ state, outcome, winner, summary }: Listed): {
  text: string;
  decided: boolean;
  isBetter: boolean;
} {
  const primary = summary?.primary;
  const isWinner = winner !== null && winner === primary?.variant;
  if (isWinner && state !== 'rolling_back') return { text: 'better', decided: true, isBetter: true };
  if (outcome === 'no_effect') return { text: 'too small', decided: true, isBetter: false };
  const isOpen = primary && (primary.lower === null || primary.upper === null);
  const text = state === 'completed' ? 'not decided' : isOpen ? 'no limit yet' : 'not decidable';
  return { text, decided: false, isBetter: false };
}

export function PrimaryCell({ experiment, width = 76 }: { experiment: Listed; width?: number }) {
  const { summary, variants, control } = experiment;
  const primary = summary?.primary;
  if (!primary) return <span className="muted">–</span>;
  const { text, decided, isBetter } = primaryWords(experiment);
  const { metric_id, variant } = primary;
  const limits = `from ${primary.lower === null ? 'no limit' : lift(primary.lower)} to ${primary.upper === null ? 'no limit' : lift(primary.upper)}`;
  return (
    <span className="prim">
      <MiniInterval
        {...primary}
        width={width}
        colour={armColour(armIndex(variants, control, variant))}
        decided={decided}
        label={`${metric_id} of ${variant}: ${lift(primary.lift)}, ${limits}, ${text}`}
      />
      <span>
        <b>{lift(primary.lift)}</b>
        <span className={isBetter ? 'sub strong is-good' : 'sub'}>
          {isBetter && '✓ '}
          {text}
        </span>
      </span>
    </span>
  );
}

const TONES = { ok: 'plain', blind: 'plain', suspect: 'hold', harm: 'harm' } as const;

export function GuardrailCell({ experiment }: { experiment: Listed }) {
  const guardrail = experiment.summary?.guardrail;
  if (!guardrail) return <span className="muted">–</span>;
  const { metric_id, variant, segment, log_e_harm, threshold, status } = guardrail;
  const where = segment === undefined ? '' : ` in ${segment}`;
  const tone = TONES[status];
  const of = `${evidence(log_e_harm ?? 0)} of ${count(Math.ceil(threshold))}`;
  const said = {
    ok: of,
    suspect: `${of} suspect`,
    harm: `${of} proven`,
    blind: 'blind',
  }[status];
  return (
    <span className="guard" title={`${metric_id} of ${variant}${where}, on its way to a roll-back`}>
      <span className="clip">
        {metric_id}
        {where}
      </span>
      <span className="ln">
        <Meter
          share={status === 'blind' ? null : Math.max(0, log_e_harm ?? 0) / Math.log(threshold)}
          tone={tone}
        />
        <span className={tone === 'plain' ? 'muted' : `is-${tone}`}>{said}</span>
      </span>
    </span>
  );
}
