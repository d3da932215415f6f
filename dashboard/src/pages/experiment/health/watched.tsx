import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schemas } from '../../../api/client.js';
import { anomaliesQuery } from '../../../api/queries.js';
import { WatchSpark } from '../../../pictures/watch-spark.js';
import { Ago } from '../../../ui/age.js';
import { Answer } from '../../../ui/answer.js';
import { Card } from '../../../ui/card.js';
import { Empty } from '../../../ui/empty.js';
import { Pill } from '../../../ui/pill.js';
import { SERIES, seriesValue, WATCH_STATES, type Watched } from '../../../words/anomalies.js';
import { findingOf, inOrder, lineOf } from './watched-lines.js';

/** What is watched minute by minute: each series with its state, and what it was against what is usual. */
export function WatchedMinutes({ experiment }: { experiment: Schemas['Experiment'] }) {
  const { experiment_id, state } = experiment;
  const query = useQuery(anomaliesQuery(experiment_id));
  return (
    <Answer query={query} what="what is watched">
      {({ series, until }) =>
        series.length > 0 ? (
          <Watches series={series} until={until} />
        ) : state === 'completed' ? null : (
          <Empty title="Nothing is watched minute by minute">
            No traffic flows, or it was started before this was watched.
          </Empty>
        )
      }
    </Answer>
  );
}

function Watches({ series, until }: { series: readonly Watched[]; until: string }) {
  const [isTable, setIsTable] = useState(false);
  return (
    <Card
      title={findingOf(series)}
      age={
        <span className="age">
          minute by minute, until <Ago at={until} />
        </span>
      }
      tools={
        <button type="button" className="link" onClick={() => setIsTable(!isTable)} aria-pressed={isTable}>
          {isTable ? 'Show as pictures' : 'Show as table'}
        </button>
      }
    >
      <div className="health">
        {inOrder(series)
          .filter(({ state }) => state !== 'too_little_data')
          .map((one) => (
            <Watch key={`${one.kind} ${one.metric_id} ${one.variant}`} series={one} isTable={isTable} />
          ))}
        <Unwatched series={series.filter(({ state }) => state === 'too_little_data')} />
      </div>
    </Card>
  );
}

function Watch({ series, isTable }: { series: Watched; isTable: boolean }) {
  const name = SERIES[series.kind](series);
  const { text, icon, tone } = WATCH_STATES[series.state];
  const line = lineOf(series);
  return (
    <section aria-label={name}>
      <div>
        <Pill tone={tone} icon={icon}>
          {text}
        </Pill>
      </div>
      <div>
        <b>{name}</b>
        <span className="sub">{line}</span>
      </div>
      <div>
        {isTable ? (
          <Numbers series={series} />
        ) : (
          <WatchSpark points={series.points} label={`${name}. ${line}`} />
        )}
      </div>
    </section>
  );
}

/** What there is too little of, together: nothing else can be said of it. */
function Unwatched({ series: [first, ...others] }: { series: readonly Watched[] }) {
  if (first === undefined) return null;
  const { text, icon, tone } = WATCH_STATES.too_little_data;
  return (
    <section aria-label="Too little data to watch">
      <div>
        <Pill tone={tone} icon={icon}>
          {text}
        </Pill>
      </div>
      <div>
        <b>{[first, ...others].map((one) => SERIES[one.kind](one)).join(' · ')}</b>
        <span className="sub">{lineOf(first)}</span>
      </div>
      <div />
    </section>
  );
}

/** The newest windows: what was, and what is usual. */
function Numbers({ series }: { series: Watched }) {
  const shown = series.points.slice(-12);
  if (shown.length === 0) return <span className="muted">No window is over.</span>;
  return (
    <table className="t shares">
      <thead>
        <tr>
          <th>Window</th>
          <th className="num">Seen</th>
          <th className="num">Usual</th>
        </tr>
      </thead>
      <tbody>
        {shown.map(({ at, value, expected }) => (
          <tr key={at}>
            <td>{at.slice(11, 16)} UTC</td>
            <td className="num">{seriesValue(series, value)}</td>
            <td className="num muted">{seriesValue(series, expected)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
