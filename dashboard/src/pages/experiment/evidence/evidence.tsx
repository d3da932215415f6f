import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Schemas } from '../../../api/client.js';
import { experimentQuery, planQuery, seriesQuery } from '../../../api/queries.js';
import { Answer } from '../../../ui/answer.js';
import { Ago } from '../../../ui/age.js';
import { Empty } from '../../../ui/empty.js';
import { count } from '../../../words/format.js';
import { planAt, seriesUntil } from '../past/as-of.js';
import { useResults } from '../past/use-look.js';
import { CsvMenu } from './csv-menu.js';
import { ForestFigure } from './forest-figure.js';
import { groupsOf, type Scale } from './forest-rows.js';
import { MetricBand } from './metric-band.js';
import type { SegmentResult } from './segment-rows.js';
import { MetricBySegment, OneSegment, SegmentPicker } from './segments.js';

/** All metrics of a look on one scale, and how the chosen one went. */
export function Evidence() {
  const { experiment_id } = useParams({ from: '/experiments/$experiment_id' });
  const experiment = useQuery(experimentQuery(experiment_id)).data!;
  const { results, isPast } = useResults(experiment);
  const plan = useQuery(planQuery(experiment));
  const [scale, setScale] = useState<Scale>('relative');
  const [chosen, setChosen] = useState<{ metric_id: string; variant: string } | null>(null);
  const [segment, setSegment] = useState<string | null>(null);
  return (
    <Answer query={results} what="its results">
      {(data) =>
        data === null ? (
          <Empty title="Nothing was measured yet">The first look comes once units are exposed.</Empty>
        ) : (
          <div
            className={results.isPlaceholderData ? 'grid is-old' : 'grid'}
            aria-busy={results.isPlaceholderData}
          >
            <div className="toolbar">
              <label className="inline">
                Scale
                <SegmentedControl
                  size="xs"
                  value={scale}
                  onChange={setScale}
                  data={[
                    { value: 'relative', label: 'Relative' },
                    { value: 'absolute', label: 'Absolute' },
                  ]}
                />
              </label>
              <SegmentPicker segments={data.segments} chosen={segment} onChoose={setSegment} />
              {plan.data && (
                <CsvMenu {...{ isPast }} results={data} plan={plan.data} control={experiment.control} />
              )}
              <span className="muted">
                {count(Object.values(data.units).reduce((sum, n) => sum + n, 0))} units,{' '}
                {isDecidedLook(experiment, isPast) ? 'the look that decided' : 'look'} <Ago at={data.at} />
              </span>
            </div>
            {data.uncompared !== null && <Empty title="Nothing to compare">{data.uncompared}.</Empty>}
            {plan.data && data.uncompared === null && (
              <Pictures
                experiment={experiment}
                results={data}
                plan={isPast ? planAt(plan.data, Date.parse(data.at)) : plan.data}
                isPast={isPast}
                scale={scale}
                segment={data.segments.find((one) => one.segment === segment) ?? null}
                chosen={chosen}
                onChoose={setChosen}
              />
            )}
          </div>
        )
      }
    </Answer>
  );
}

/** Of one that is over the look that decided is shown, where the engine decided and no other look is asked for. */
function isDecidedLook({ state, outcome }: Schemas['Experiment'], isPast: boolean): boolean {
  return !isPast && state === 'completed' && outcome !== 'stopped';
}

interface PicturesProps {
  experiment: Schemas['Experiment'];
  results: Schemas['Results'];
  /** Of a past look, as it was then. */
  plan: Schemas['Plan'];
  isPast: boolean;
  scale: Scale;
  /** Whose results are shown; null for all units. */
  segment: SegmentResult | null;
  chosen: { metric_id: string; variant: string } | null;
  onChoose: (row: { metric_id: string; variant: string }) => void;
}

function Pictures({ experiment, results, plan, isPast, scale, segment, chosen, onChoose }: PicturesProps) {
  const series = useQuery(seriesQuery(experiment.experiment_id));
  const isOver = experiment.state === 'completed' && !isPast;
  const groups = groupsOf({ experiment, results, plan, scale, isOver });
  const first = groups[0]?.rows[0];
  const shown = chosen ?? (first ? { metric_id: first.metric_id, variant: first.variant } : null);
  return (
    <>
      <div className="card">
        <div className="body">
          {segment === null ? (
            <ForestFigure
              {...{ experiment, results, plan, scale, groups }}
              chosen={shown}
              onChoose={onChoose}
            />
          ) : (
            <OneSegment {...{ experiment, results, plan, scale, onChoose }} result={segment} chosen={shown} />
          )}
          <MetricPicker groups={groups} shown={shown} onChoose={onChoose} />
        </div>
      </div>
      {shown && results.segments.length > 0 && (
        <MetricBySegment {...{ experiment, results, plan, scale }} of={shown} />
      )}
      {shown && (
        <Answer query={series} what="how the evidence went">
          {(data) => (
            <MetricBand
              {...{ experiment, plan, scale }}
              series={isPast ? seriesUntil(data, Date.parse(results.at)) : data}
              of={shown}
            />
          )}
        </Answer>
      )}
    </>
  );
}

/** The choice of the forest's rows, for keyboards and phones. */
function MetricPicker({
  groups,
  shown,
  onChoose,
}: {
  groups: ReturnType<typeof groupsOf>;
  shown: { metric_id: string; variant: string } | null;
  onChoose: PicturesProps['onChoose'];
}) {
  const rows = groups.flatMap((group) => group.rows);
  return (
    <label className="inline picker">
      Shown below
      <select
        className="input"
        value={shown ? `${shown.metric_id}\n${shown.variant}` : ''}
        onChange={(event) => {
          const [metric_id, variant] = event.currentTarget.value.split('\n');
          onChoose({ metric_id: metric_id!, variant: variant! });
        }}
      >
        {rows.map(({ metric_id, variant }) => (
          <option key={`${metric_id} ${variant}`} value={`${metric_id}\n${variant}`}>
            {metric_id}, {variant}
          </option>
        ))}
      </select>
    </label>
  );
}
