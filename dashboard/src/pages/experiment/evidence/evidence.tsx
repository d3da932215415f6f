import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Schemas } from '../../../api/client.js';
import { experimentQuery, planQuery, resultsQuery, seriesQuery } from '../../../api/queries.js';
import { Figure } from '../../../pictures/figure.js';
import { Forest } from '../../../pictures/forest.js';
import { Answer } from '../../../ui/answer.js';
import { Ago } from '../../../ui/age.js';
import { Empty } from '../../../ui/empty.js';
import { change, count, lift } from '../../../words/format.js';
import { EvidenceTable } from './evidence-table.js';
import { findingOf, groupsOf, type Scale } from './forest-rows.js';
import { MetricBand } from './metric-band.js';

/** All metrics of a look on one scale, and how the chosen one went. */
export function Evidence() {
  const { experiment_id } = useParams({ from: '/experiments/$experiment_id' });
  const experiment = useQuery(experimentQuery(experiment_id)).data!;
  const [asOf, setAsOf] = useState<string | undefined>(undefined);
  const results = useQuery(resultsQuery(experiment_id, asOf));
  const plan = useQuery(planQuery(experiment_id));
  const [scale, setScale] = useState<Scale>('relative');
  const [chosen, setChosen] = useState<{ metric_id: string; variant: string } | null>(null);
  return (
    <Answer query={results} what="its results">
      {(data) =>
        data === null ? (
          <Empty title="Nothing was measured yet">The first look comes once units are exposed.</Empty>
        ) : (
          <>
            <div className="toolbar">
              <AsOf experiment={experiment} at={data.at} asOf={asOf} onChange={setAsOf} />
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
              <span className="muted">
                {count(Object.values(data.units).reduce((sum, n) => sum + n, 0))} units, look{' '}
                <Ago at={data.at} />
              </span>
            </div>
            {data.uncompared !== null && <Empty title="Nothing to compare">{data.uncompared}.</Empty>}
            {plan.data && data.uncompared === null && (
              <Pictures
                experiment={experiment}
                results={data}
                plan={plan.data}
                scale={scale}
                chosen={chosen}
                onChoose={setChosen}
              />
            )}
          </>
        )
      }
    </Answer>
  );
}

interface PicturesProps {
  experiment: Schemas['Experiment'];
  results: Schemas['Results'];
  plan: Schemas['Plan'];
  scale: Scale;
  chosen: { metric_id: string; variant: string } | null;
  onChoose: (row: { metric_id: string; variant: string }) => void;
}

function Pictures({ experiment, results, plan, scale, chosen, onChoose }: PicturesProps) {
  const series = useQuery(seriesQuery(experiment.experiment_id));
  const groups = groupsOf({ experiment, results, plan, scale });
  const first = groups[0]?.rows[0];
  const shown = chosen ?? (first ? { metric_id: first.metric_id, variant: first.variant } : null);
  const format = scale === 'relative' ? lift : change;
  const title = findingOf(results);
  return (
    <>
      <div className="card">
        <div className="body">
          <Figure
            title={title}
            how={`Square: estimate, filled where a row decided. Thick: sequence, at every look. Thin: the interval at the end.${
              scale === 'relative'
                ? ` Hatched: ±${lift(plan.thresholds.mde).slice(1)}, too small to matter.`
                : ''
            }`}
            table={<EvidenceTable results={results} experiment={experiment} />}
          >
            {(width) => (
              <Forest
                groups={groups}
                width={width}
                mde={scale === 'relative' ? plan.thresholds.mde : null}
                format={format}
                label={title}
                chosen={shown}
                onChoose={onChoose}
              />
            )}
          </Figure>
          <MetricPicker groups={groups} shown={shown} onChoose={onChoose} />
        </div>
      </div>
      {shown && (
        <Answer query={series} what="how the evidence went">
          {(data) => <MetricBand {...{ experiment, plan, scale, results }} series={data} of={shown} />}
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

/** Of one that is over: the look that decided, or the newest. */
function AsOf({
  experiment: { state },
  at,
  asOf,
  onChange,
}: {
  experiment: Schemas['Experiment'];
  at: string;
  asOf: string | undefined;
  onChange: (asOf: string | undefined) => void;
}) {
  if (state !== 'completed') return null;
  return (
    <label className="inline">
      As of
      <SegmentedControl
        size="xs"
        value={asOf === undefined ? 'decision' : 'newest'}
        onChange={(value) =>
          onChange(value === 'decision' ? undefined : new Date(Date.parse(at) + 10 ** 11).toISOString())
        }
        data={[
          { value: 'decision', label: 'The decision' },
          { value: 'newest', label: 'The last look' },
        ]}
      />
    </label>
  );
}
