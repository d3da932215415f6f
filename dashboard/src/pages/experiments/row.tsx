import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { Icon } from '../../ui/icon.js';
import { nextWords } from '../../words/next.js';
import {
  enrolled,
  GuardrailCell,
  PrimaryCell,
  StateCell,
  StatePill,
  underState,
  UnitsCell,
} from './cells.js';
import { count } from '../../words/format.js';
import type { Listed } from './rows.js';

interface Props {
  experiment: Listed;
  /** Rounded, so that rows are not drawn anew each second. */
  now: number;
}

/** The id of the link of an experiment's row: the keyboard moves between them. */
export function linkId(experiment_id: string): string {
  return `experiment-${experiment_id}`;
}

function NameLink({ experiment: { experiment_id, name } }: Pick<Props, 'experiment'>) {
  return (
    <Link
      id={linkId(experiment_id)}
      className="nm clip"
      to="/experiments/$experiment_id"
      params={{ experiment_id }}
      title={name ?? experiment_id}
    >
      {name ?? experiment_id}
    </Link>
  );
}

/** One experiment as a row of seven cells. */
export const Row = memo(function Row({ experiment, now }: Props) {
  const { experiment_id, owner } = experiment;
  const next = nextWords(experiment, now);
  return (
    <>
      <div role="cell">
        <NameLink experiment={experiment} />
        <span className="sub clip">
          {experiment_id}
          {owner !== undefined && ` · ${owner}`}
        </span>
      </div>
      <div role="cell">
        <StateCell experiment={experiment} now={now} />
      </div>
      <div role="cell" className="num">
        {enrolled(experiment)}
      </div>
      <div role="cell" className="num">
        <UnitsCell experiment={experiment} now={now} />
      </div>
      <div role="cell">
        <PrimaryCell experiment={experiment} />
      </div>
      <div role="cell">
        <GuardrailCell experiment={experiment} />
      </div>
      <div role="cell">
        <span className="clip" title={next.head}>
          {next.head}
        </span>
        <span className="sub clip" title={next.sub}>
          {next.sub}
        </span>
      </div>
    </>
  );
});

/** One experiment as a card, where there is no room for a row. */
export const ExperimentCard = memo(function ExperimentCard({ experiment, now }: Props) {
  const { summary, state } = experiment;
  const next = nextWords(experiment, now);
  const share = enrolled(experiment);
  return (
    <article className="card xcard">
      <div className="row1">
        <NameLink experiment={experiment} />
        <StatePill experiment={experiment} now={now} />
      </div>
      <div className="row2">
        <span>{underState(experiment, now)}</span>
        {summary && (
          <span>
            {share !== '–' && `${share} enrolled · `}
            {count(summary.units)} units
          </span>
        )}
      </div>
      {summary && state !== 'completed' && (
        <div className="two">
          <PrimaryCell experiment={experiment} width={64} />
          <GuardrailCell experiment={experiment} />
        </div>
      )}
      <div className="next">
        <Icon name="right" /> {next.head}
        {next.sub !== '' && <span className="muted"> · {next.sub}</span>}
      </div>
    </article>
  );
});
