import { Slider } from '@mantine/core';
import { useState } from 'react';
import type { Launch } from '../../../../src/model/launch.js';
import { Figure } from '../../pictures/figure.js';
import { Histogram } from '../../pictures/histogram.js';
import { OutcomeKey, Outcomes } from '../../pictures/outcomes.js';
import { Card } from '../../ui/card.js';
import { count, duration, lift, quantity, rate } from '../../words/format.js';
import type { Assumed } from './assumptions.js';
import { binsOf, ENDS, median, squaresOf, unitOf, type Bin, type End, type ScenarioOdds } from './odds.js';
import type { Rehearsal } from './use-rehearsal.js';

const WORDS: Record<End, string> = {
  shipped: 'ships',
  rolled_back: 'rolls back',
  no_effect: 'no effect',
  inconclusive: 'inconclusive',
};

interface Props {
  launch: Launch | null;
  rehearsal: Rehearsal;
  odds: readonly ScenarioOdds[];
  assumed: Assumed;
  assume: (part: Partial<Assumed>) => void;
}

/** What would come of the plan, in hundreds of lives of simulated people. */
export function RehearsalCard({ launch, rehearsal, odds, assumed, assume }: Props) {
  if (launch === null) {
    return (
      <Card title="Rehearsal">
        <p className="muted">Begins once the fields on this page fit together. It runs in this browser.</p>
      </Card>
    );
  }
  const { status, total } = rehearsal;
  const true_lift = assumed.true_lift ?? launch.policy.mde;
  return (
    <Card title="Rehearsal" age={<Progress rehearsal={rehearsal} />} tools={<Tools rehearsal={rehearsal} />}>
      {status === 'running' && (
        <progress className="prog" max={total} value={rehearsal.runs.length} aria-label="Lives rehearsed" />
      )}
      <div className="odds">
        {odds.map((one) => (
          <ScenarioOutcomes
            key={one.scenario}
            odds={one}
            of={total / odds.length}
            title={titleOf(one, launch, true_lift)}
          />
        ))}
      </div>
      <Sliders
        launch={launch}
        rehearsal={rehearsal}
        true_lift={true_lift}
        assumed={assumed}
        assume={assume}
      />
    </Card>
  );
}

function Progress({ rehearsal: { status, runs, total, elapsed } }: { rehearsal: Rehearsal }) {
  const left = runs.length === 0 ? null : (elapsed / runs.length) * (total - runs.length);
  switch (status) {
    case 'none':
      return <span className="age">begins when you stop typing</span>;
    case 'running':
      return (
        <span className="age">
          {total === 0 ? 'starting…' : `${count(runs.length)} of ${count(total)} lives`}
          {left !== null && left > 1_000 && `, ${duration(left)} to go`}
        </span>
      );
    case 'done':
      return (
        <span className="age">
          {count(total)} lives in {duration(elapsed)}
        </span>
      );
    case 'cancelled':
      return (
        <span className="age stale">
          cancelled after {count(runs.length)} of {count(total)} lives
        </span>
      );
    case 'failed':
      return <span className="age stale">failed in this browser</span>;
  }
}

function Tools({ rehearsal: { status, start, cancel } }: { rehearsal: Rehearsal }) {
  return (
    <button type="button" className="link" onClick={status === 'running' ? cancel : start}>
      {status === 'running' ? 'Cancel' : status === 'none' ? 'Begin now' : 'Rehearse again'}
    </button>
  );
}

function titleOf({ scenario }: ScenarioOdds, launch: Launch, true_lift: number): string {
  switch (scenario) {
    case 'no_effect':
      return 'No effect';
    case 'effect':
      return `A true ${liftText(true_lift)}`;
    case 'harm':
      return launch.metrics.some(({ role }) => role === 'guardrail')
        ? 'Guardrails half as bad again'
        : 'Primaries half as bad again';
  }
}

/** A lift without digits that say nothing. */
export function liftText(value: number): string {
  const percents = value * 100;
  return lift(value, Math.abs(percents - Math.round(percents)) < 1e-9 ? 0 : 1);
}

function ScenarioOutcomes({ odds, of, title }: { odds: ScenarioOdds; of: number; title: string }) {
  const main: End = odds.scenario === 'harm' ? 'rolled_back' : 'shipped';
  const { rate: share, error } = odds.odds[main];
  const verb = odds.scenario === 'harm' ? 'caught' : 'ships';
  const said = ENDS.filter((end) => odds.counts[end] > 0);
  const after = median(odds.days_to_harm);
  const words = said.map((end) => `${WORDS[end]} ${rate(odds.odds[end].rate, 0)}`);
  return (
    <div>
      <h3>
        {title}{' '}
        <span>
          {odds.runs === 0
            ? ''
            : `${verb} ${rate(share, 0)} ±${quantity(Number((error * 100).toPrecision(2)))}`}
        </span>
      </h3>
      <Outcomes
        label={odds.runs === 0 ? `${title}: not rehearsed yet` : `${title}: ${words.join(', ')}`}
        squares={squaresOf(odds.counts, Math.max(1, of))}
      />
      <p className="what">
        {said.map((end, index) => (
          <span key={end}>
            <OutcomeKey mark={end} />
            {words[index]}
            {end === 'rolled_back' &&
              odds.scenario === 'harm' &&
              after !== null &&
              ` after ${timeText(after)} (median)`}
          </span>
        ))}
      </p>
    </div>
  );
}

function timeText(days: number): string {
  const { name, per_day } = unitOf(days);
  return `${Number((days * per_day).toPrecision(2))} ${name}`;
}

/** From 0.1 % to 100 %, and from 10 people to ten million: even steps of their logarithms. */
const LIFTS = { least: Math.log10(0.001), most: 0 };
const TRAFFIC = { least: 1, most: 7 };

interface SlidersProps extends Pick<Props, 'rehearsal' | 'assumed' | 'assume'> {
  launch: Launch;
  true_lift: number;
}

function Sliders({ launch, rehearsal, true_lift, assumed, assume }: SlidersProps) {
  const traffic = assumed.units_per_day ?? rehearsal.assumptions?.units_per_day ?? assumedTraffic(launch);
  const isGuess = assumed.units_per_day === null && launch.traffic === undefined;
  return (
    <div className="fields sliders">
      <LogSlider
        label="True lift"
        value={true_lift}
        {...LIFTS}
        text={liftText}
        round={(value) => Number(value.toPrecision(2))}
        onChange={(value) => assume({ true_lift: value })}
      />
      <LogSlider
        label="People a day"
        value={traffic}
        {...TRAFFIC}
        text={(value) => count(value)}
        note={isGuess ? ' assumed: what the plan needs' : ''}
        round={(value) => Math.round(Number(value.toPrecision(2)))}
        onChange={(value) => assume({ units_per_day: value })}
      />
      {(assumed.true_lift !== null || assumed.units_per_day !== null) && (
        <button
          type="button"
          className="link muted"
          onClick={() => assume({ true_lift: null, units_per_day: null })}
        >
          Back to what is known
        </button>
      )}
    </div>
  );
}

/** As many as the planned sample needs: what a rehearsal takes where nobody knows. */
function assumedTraffic({ planned_units, start_at, end_at }: Launch): number {
  return (planned_units / (end_at - start_at)) * 86_400_000;
}

interface LogSliderProps {
  label: string;
  value: number;
  least: number;
  most: number;
  text: (value: number) => string;
  round: (value: number) => number;
  note?: string;
  onChange: (value: number) => void;
}

function LogSlider({ label, value, least, most, text, round, note = '', onChange }: LogSliderProps) {
  const [moved, setMoved] = useState<number | null>(null);
  const shown = moved ?? Math.log10(value);
  return (
    <div>
      <div className="label slider-label">
        {label}{' '}
        <span className="muted">
          {text(moved === null ? value : round(10 ** moved))}
          {note}
        </span>
      </div>
      <Slider
        thumbLabel={label}
        value={Math.min(most, Math.max(least, shown))}
        min={least}
        max={most}
        step={0.05}
        label={(at) => text(round(10 ** at))}
        onChange={setMoved}
        onChangeEnd={(at) => {
          setMoved(null);
          onChange(round(10 ** at));
        }}
        color="var(--control)"
        size="sm"
        thumbSize={24}
      />
    </div>
  );
}

/** How long the lives with the effect took. */
export function DaysCard({
  launch,
  odds,
  true_lift,
}: {
  launch: Launch;
  odds: ScenarioOdds;
  true_lift: number;
}) {
  const horizon = (launch.end_at - launch.start_at) / 86_400_000;
  const { name, per_day } = unitOf(horizon);
  const bins = binsOf(odds.days, horizon);
  const atEnd = bins.at(-1)!.count;
  const middle = median(odds.days) ?? 0;
  const whole = `${quantity(Number((horizon * per_day).toPrecision(3)))} ${name}`;
  const title =
    atEnd > odds.runs / 2
      ? `At ${liftText(true_lift)}, most lives take all ${whole}`
      : `At ${liftText(true_lift)}, half of the lives are decided within ${timeText(middle)}`;
  return (
    <section className="card">
      <div className="body">
        <Figure
          title={title}
          how={`${name[0]!.toUpperCase()}${name.slice(1)} until the decision, ${count(odds.runs)} lives; outlined: at the planned end`}
          table={<BinTable bins={bins} unit={name} />}
        >
          {(width) => (
            <Histogram
              label={title}
              width={width}
              axis={name}
              note={`median ${timeText(middle)}`}
              bins={bins.map((bin) => ({ count: bin.count, outlined: bin.is_end, text: quantity(bin.from) }))}
            />
          )}
        </Figure>
      </div>
    </section>
  );
}

function BinTable({ bins, unit }: { bins: readonly Bin[]; unit: string }) {
  return (
    <table className="t">
      <thead>
        <tr>
          <th>Decided after, {unit}</th>
          <th className="num">lives</th>
        </tr>
      </thead>
      <tbody>
        {bins.map((bin) => (
          <tr key={bin.from}>
            <td>
              {bin.is_end
                ? `${quantity(bin.from)}, the planned end`
                : `${quantity(bin.from)} to ${quantity(bin.to)}`}
            </td>
            <td className="num">{bin.count}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
