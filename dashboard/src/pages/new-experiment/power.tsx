import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { Card } from '../../ui/card.js';
import { count, lift, quantity, rate } from '../../words/format.js';
import type { Assumed } from './assumptions.js';
import { metricsQuery, type Power } from './choices.js';
import type { UseQueryResult } from '@tanstack/react-query';

interface Props {
  /** Null where the form has errors. */
  query: UseQueryResult<Power> | null;
  assumed: Assumed;
  assume: (part: Partial<Assumed>) => void;
}

/** What the plan can find, before anybody is exposed to it. */
export function PowerCard({ query, assumed, assume }: Props) {
  if (query === null) {
    return (
      <Card title="What it finds">
        <p className="muted">Said once the fields on this page fit together.</p>
      </Card>
    );
  }
  return (
    <Answer query={query} what="its power">
      {(power) => <Found power={power} assumed={assumed} assume={assume} />}
    </Answer>
  );
}

function Found({ power, assumed, assume }: { power: Power } & Pick<Props, 'assumed' | 'assume'>) {
  const [isOpen, setIsOpen] = useState(false);
  const primary = power.metrics[0]!;
  const { detectable, metric_id } = primary;
  const { units_per_day } = power.traffic;
  const title = detectable === null ? 'What it finds is not known yet' : `Finds ${lift(detectable)} at least`;
  return (
    <Card title={title}>
      <p>
        of {metric_id}, with {count(power.planned_units)} people in all arms, in {rate(power.power, 0)} of its
        lives.
      </p>
      {detectable === null && (
        <p className="is-hold">
          Nobody knows how far people lie apart in {metric_id}. Give its base and standard deviation below.
        </p>
      )}
      {power.lifts.some(({ total }) => total !== null) && (
        <table className="t lifts">
          <thead>
            <tr>
              <th>To find</th>
              <th className="num">people</th>
              <th className="num">{units_per_day === null ? 'days' : `at ${count(units_per_day)} a day`}</th>
            </tr>
          </thead>
          <tbody>
            {power.lifts.map((one) => (
              <tr key={one.lift}>
                <td>
                  {lift(one.lift, one.lift * 100 === Math.round(one.lift * 100) ? 0 : 1)}
                  {one.lift === power.mde && <span className="sub">what the policy wants</span>}
                </td>
                <td className="num">{one.total === null ? '–' : count(one.total)}</td>
                <td className="num">{daysText(one.days)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="hint">
        {baseText(primary)}
        {trafficText(power)}{' '}
        <button type="button" className="link" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {isOpen ? 'Close' : 'Edit'}
        </button>
      </p>
      {(isOpen || detectable === null) && <Bases power={power} assumed={assumed} assume={assume} />}
    </Card>
  );
}

function Bases({ power, assumed, assume }: { power: Power } & Pick<Props, 'assumed' | 'assume'>) {
  const kinds = new Map((useQuery(metricsQuery).data ?? []).map(({ metric_id, kind }) => [metric_id, kind]));
  return (
    <div className="fields bases">
      {power.metrics.map(({ metric_id, baseline, standard_deviation }) => {
        const kind = kinds.get(metric_id);
        const typed = assumed.baselines[metric_id] ?? { value: '', standard_deviation: '' };
        const set = (part: Partial<typeof typed>): void =>
          assume({ baselines: { ...assumed.baselines, [metric_id]: { ...typed, ...part } } });
        return (
          <div className="two" key={metric_id}>
            <TextInput
              label={`Base of ${metric_id}`}
              value={typed.value}
              placeholder={quantity(baseline)}
              onChange={(event) => set({ value: event.currentTarget.value })}
              inputMode="decimal"
            />
            {kind !== 'proportion' && kind !== 'error_rate' && (
              <TextInput
                label="Its standard deviation"
                value={typed.standard_deviation}
                placeholder={standard_deviation === undefined ? 'not known' : quantity(standard_deviation)}
                onChange={(event) => set({ standard_deviation: event.currentTarget.value })}
                inputMode="decimal"
              />
            )}
          </div>
        );
      })}
      <TextInput
        label="People a day"
        value={assumed.units_per_day === null ? '' : String(Math.round(assumed.units_per_day))}
        placeholder={power.traffic.units_per_day === null ? 'not known' : count(power.traffic.units_per_day)}
        onChange={(event) => {
          const number = Number(event.currentTarget.value.replace(/\D/g, ''));
          assume({ units_per_day: number > 0 ? number : null });
        }}
        inputMode="numeric"
      />
    </div>
  );
}

function daysText(days: number | null): string {
  if (days === null) return '–';
  if (days < 1) return 'within a day';
  return `${count(Math.ceil(days))} days`;
}

function baseText({ baseline, assumed }: Power['metrics'][number]): string {
  const base = baseline > 0 && baseline < 1 ? rate(baseline) : quantity(baseline);
  return `Base ${base}, ${assumed ? 'assumed' : 'given or measured'}; `;
}

function trafficText({ traffic }: Power): string {
  if (traffic.units_per_day === null) return 'nobody knows how many come each day.';
  const source =
    traffic.from === 'experiment' ? `, measured in ${traffic.source?.experiment_id}` : ', assumed';
  return `${count(traffic.units_per_day)} a day${source}.`;
}
