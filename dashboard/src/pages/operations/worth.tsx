import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Schemas } from '../../api/client.js';
import { insightsQuery } from '../../api/insights.js';
import { Answer } from '../../ui/answer.js';
import { Card } from '../../ui/card.js';
import { Time } from '../../ui/age.js';
import { useTitle } from '../../ui/use-title.js';
import { OUTCOMES } from '../../words/codes.js';
import { change, count, duration, lift, rate } from '../../words/format.js';
import { OperationsNav } from './operations-nav.js';

type Insights = Schemas['Insights'];

const PERIODS: readonly { days: number; text: string }[] = [
  { days: 30, text: '30 days' },
  { days: 90, text: '90 days' },
  { days: 365, text: 'A year' },
];

/** What the experiments were worth that ended lately. */
export function Worth() {
  useTitle('Worth');
  const [days, setDays] = useState(90);
  const insights = useQuery({ ...insightsQuery(days), placeholderData: keepPreviousData });
  return (
    <>
      <div>
        <h1>What experiments were worth</h1>
        <OperationsNav />
      </div>
      <div className="seg" role="group" aria-label="Ended within">
        {PERIODS.map((period) => (
          <button
            key={period.days}
            type="button"
            aria-pressed={period.days === days}
            onClick={() => setDays(period.days)}
          >
            {period.text}
          </button>
        ))}
      </div>
      <Answer query={insights} what="what experiments were worth">
        {(data) => (data.experiments === 0 ? <None /> : <Worths insights={data} />)}
      </Answer>
    </>
  );
}

function None() {
  return <p className="empty muted">No experiment ended in this time.</p>;
}

function Worths({ insights }: { insights: Insights }) {
  return (
    <>
      <Ends insights={insights} />
      {insights.effects.length > 0 && <Effects insights={insights} />}
      {insights.shipped.length > 0 && <Shipped insights={insights} />}
    </>
  );
}

function Ends({ insights }: { insights: Insights }) {
  const { experiments, outcomes, decided_share, completed_share, guardrail_saves, truncated } = insights;
  const names = Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[];
  return (
    <Card
      title={`${count(outcomes.shipped)} of ${count(experiments)} shipped, ${count(outcomes.rolled_back)} did harm`}
      age={<span className="age">by their ends</span>}
    >
      <ul className="facts">
        <Fact name="Decided" value={rate(decided_share, 0)}>
          {names.map((name) => `${OUTCOMES[name].text}: ${count(outcomes[name])}`).join(', ')}
        </Fact>
        <Fact name="Came to their end" value={rate(completed_share, 0)}>
          {outcomes.stopped === 0 ? 'none was stopped' : `${count(outcomes.stopped)} stopped`}
        </Fact>
        <Fact name="Time to decision" value={medianOf(insights.time_to_decision)}>
          {longest(insights.time_to_decision)}
        </Fact>
        <Fact name="Harm was served" value={medianOf(insights.harm_served)}>
          {`${longest(insights.harm_served)}; guardrails took ${count(guardrail_saves)} away`}
        </Fact>
      </ul>
      {truncated && <p className="small muted">More ended: this is of the newest {count(experiments)}.</p>}
    </Card>
  );
}

function medianOf(durations: Insights['harm_served']): string {
  return durations === null ? 'None' : duration(durations.median_seconds * 1000);
}

function longest(durations: Insights['harm_served']): string {
  if (durations === null) return 'no experiment has one';
  const { experiments, longest_seconds } = durations;
  return `the median of ${count(experiments)}; the longest took ${duration(longest_seconds * 1000)}`;
}

function Fact({ name, value, children }: { name: string; value: string; children: string }) {
  return (
    <li>
      <span className="eyebrow">{name}</span>
      <b>{value}</b>
      <span className="sub">{children}</span>
    </li>
  );
}

function Effects({ insights: { effects, revenue } }: { insights: Insights }) {
  return (
    <Card title="What shipped has changed, by metric" age={<span className="age">means</span>} flush>
      <div className="table-scroll">
        <table className="t stack">
          <thead>
            <tr>
              <th>Metric</th>
              <th className="num">Shipped</th>
              <th className="num">Mean effect</th>
              <th className="num">From … to</th>
              <th className="num">Revenue per unit, together</th>
            </tr>
          </thead>
          <tbody>
            {effects.map(({ metric_id, ships, estimate, lower, upper }) => (
              <tr key={metric_id}>
                <td>
                  <b>{metric_id}</b>
                </td>
                <td className="num" data-l="Shipped">
                  {count(ships)}
                </td>
                <td className="num" data-l="Mean effect">
                  {lift(estimate)}
                </td>
                <td className="num" data-l="From … to">
                  {lift(lower)} … {lift(upper)}
                </td>
                <td className="num" data-l="Revenue per unit, together">
                  {revenue
                    .filter((one) => one.metric_id === metric_id)
                    .map(
                      (one) =>
                        `${change(one.estimate)} ${one.currency} (${change(one.lower)} … ${change(one.upper)})`,
                    )
                    .join(', ') || '–'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Shipped({ insights: { shipped } }: { insights: Insights }) {
  return (
    <Card title="Each that shipped" age={<span className="age">the newest first</span>} flush>
      <div className="table-scroll">
        <table className="t stack">
          <thead>
            <tr>
              <th>Experiment</th>
              <th>Metric</th>
              <th className="num">Effect</th>
              <th className="num">From … to</th>
              <th>Measured</th>
              <th>Ended</th>
            </tr>
          </thead>
          <tbody>
            {shipped.map(({ experiment_id, metric_id, variant, source, relative, ended_at }) => (
              <tr key={`${experiment_id} ${metric_id}`}>
                <td>
                  <Link to="/experiments/$experiment_id/overview" params={{ experiment_id }}>
                    {experiment_id}
                  </Link>
                  <span className="sub">{variant}</span>
                </td>
                <td data-l="Metric">{metric_id}</td>
                <td className="num" data-l="Effect">
                  {lift(relative.estimate)}
                </td>
                <td className="num" data-l="From … to">
                  {lift(relative.lower)} … {lift(relative.upper)}
                </td>
                <td data-l="Measured">{source === 'watch' ? 'after shipping' : 'when it was decided'}</td>
                <td data-l="Ended">
                  <Time at={ended_at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
