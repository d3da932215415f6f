import type { ReactNode } from 'react';
import type { Schemas } from '../../../api/client.js';
import { Icon, type IconName } from '../../../ui/icon.js';
import { Ago, Time, useNow } from '../../../ui/age.js';
import { DECISIONS, OUTCOMES } from '../../../words/codes.js';
import { count, duration, percent } from '../../../words/format.js';
import { ROWS } from '../../../words/rows.js';
import { standingSentence } from '../../../words/state.js';
import { conditionAmount, conditionName, towardText } from '../../../words/waiting.js';
import { ConditionIcon } from './checks.js';

interface Props {
  experiment: Schemas['Experiment'];
  waiting: Schemas['Waiting'];
  results: Schemas['Results'] | null;
  plan: Schemas['Plan'] | null;
}

/** NOW, WHY and NEXT: what is served, what was decided last, and what must happen. */
export function Trio(props: Props) {
  return (
    <div className="card trio">
      <Now {...props} />
      <Why
        decision={props.results?.decision ?? null}
        nothing={
          props.experiment.outcome === 'stopped'
            ? 'A person ended it before a look'
            : 'Nothing was measured, so nothing is decided'
        }
      />
      <Next {...props} />
    </div>
  );
}

function Now({ experiment, results, plan }: Props) {
  const { state, coverage, allocation, served, revision, outcome, winner, control } = experiment;
  const isOver = state === 'completed';
  const since = plan?.stages.find(({ status }) => status === 'now')?.from ?? null;
  return (
    <section>
      <h2 className="eyebrow">NOW</h2>
      <p className="big">
        {isOver ? OUTCOMES[outcome!].text : `${percent(coverage)} ${enrolledWord(state)}`}
        {since !== null && (
          <small>
            since <Time at={since} />
          </small>
        )}
      </p>
      <ul>
        <Line icon="flask">{standingSentence(experiment)}</Line>
        {results && (
          <Line icon="person">
            <Units units={results.units} control={control} /> <Ago at={results.at} />
          </Line>
        )}
        <Line icon="server">
          {isOver ? `${winner ?? control} is what the flag serves` : shares(allocation)}, served by{' '}
          <b>
            {served.at_revision} of {served.live}
          </b>{' '}
          processes, revision {revision}
        </Line>
        {served.lost.map(({ instance_id, until }) => (
          <Line key={instance_id} icon="unknown" tone="is-harm">
            <b>{instance_id} is lost</b>: unknown what it serves; the control by itself from{' '}
            <Time at={until} />
          </Line>
        ))}
      </ul>
    </section>
  );
}

function enrolledWord(state: Schemas['Experiment']['state']): string {
  return state === 'rolling_out' || state === 'watching' ? 'have the winner' : 'enrolled';
}

/** How many units each arm had. */
export function Units({ units, control }: { units: Record<string, number>; control: string }) {
  const arms = Object.entries(units).sort(([a], [b]) => Number(b === control) - Number(a === control));
  const all = arms.reduce((sum, [, n]) => sum + n, 0);
  return (
    <>
      <b>{count(all)}</b> units: {arms.map(([variant, n]) => `${count(n)} ${variant}`).join(', ')}
    </>
  );
}

function shares(allocation: Record<string, number>): string {
  const parts = Object.entries(allocation).map(([variant, slots]) => `${variant} ${percent(slots / 100)}`);
  return parts.length === 0 ? 'Nobody is enrolled' : parts.join(', ');
}

interface WhyProps {
  decision: Schemas['Decision'] | null;
  /** Said where nothing was decided. */
  nothing: string;
}

/** The row of the table that matched, and its reasons. */
export function Why({ decision, nothing }: WhyProps) {
  return (
    <section>
      <h2 className="eyebrow">WHY</h2>
      {decision ? (
        <>
          <p className="big">
            Row {decision.row} <small>{ROWS[decision.row]?.text}</small>
          </p>
          <ul>
            <Line icon={DECISIONS[decision.decision].icon}>
              <b>{DECISIONS[decision.decision].text}</b>
              {decision.variant !== undefined && `: ${decision.variant}`}
            </Line>
            {decision.reasons.slice(0, 4).map(({ code, text }) => (
              <Line key={`${code} ${text}`} icon="next">
                {text}
              </Line>
            ))}
          </ul>
        </>
      ) : (
        <>
          <p className="big">Nothing yet</p>
          <ul>
            <Line icon="wait">{nothing}</Line>
          </ul>
        </>
      )}
    </section>
  );
}

function Next({ waiting, experiment }: Props) {
  const now = useNow();
  const { toward, conditions, next_look_at } = waiting;
  const open = conditions.filter(({ met }) => !met);
  const at =
    open.length > 0 && open.every((one) => one.at !== null) ? latest(open.map((one) => one.at!)) : null;
  if (toward.code === 'nothing') return <After experiment={experiment} />;
  return (
    <section className="next">
      <h2 className="eyebrow">NEXT</h2>
      <p className="big">
        {towardText(toward)}
        {at !== null && (
          <small>
            <Time at={at} />, in {duration(Date.parse(at) - now)}
          </small>
        )}
      </p>
      <ul>
        {conditions.map((condition) => (
          <li key={[condition.code, condition.metric_id, condition.variant].join(' ')}>
            <ConditionIcon condition={condition} />
            <span>
              {conditionName(condition)} <span className="muted">{conditionAmount(condition)}</span>
            </span>
          </li>
        ))}
        {next_look_at !== null && (
          <Line icon="clock">
            Looks again{' '}
            {Date.parse(next_look_at) > now ? (
              <b>in {duration(Date.parse(next_look_at) - now)}</b>
            ) : (
              <b>now</b>
            )}
          </Line>
        )}
      </ul>
    </section>
  );
}

/** Of one that is over: what is left to do for people. */
function After({ experiment: { outcome, winner, control, flag_id } }: Pick<Props, 'experiment'>) {
  return (
    <section className="next">
      <h2 className="eyebrow">NEXT</h2>
      <p className="big">Nothing by itself</p>
      <ul>
        {outcome === 'shipped' ? (
          <Line icon="flag">
            The flag <b>{flag_id}</b> serves {winner} to all. The code of {control} and of the other arms can
            go.
          </Line>
        ) : (
          <Line icon="flag">
            The flag <b>{flag_id}</b> serves {control} to all. Copy the experiment to try again.
          </Line>
        )}
      </ul>
    </section>
  );
}

function latest(moments: readonly string[]): string {
  return moments.reduce((a, b) => (Date.parse(a) > Date.parse(b) ? a : b));
}

/** A line of one of the three parts. */
export function Line({
  icon,
  tone = 'muted',
  children,
}: {
  icon: IconName;
  tone?: string;
  children: ReactNode;
}) {
  return (
    <li>
      <Icon name={icon} className={tone} />
      <span>{children}</span>
    </li>
  );
}
