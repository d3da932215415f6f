import type { Schemas } from '../../../api/client.js';
import { Figure } from '../../../pictures/figure.js';
import { Forest, type ForestGroup } from '../../../pictures/forest.js';
import { change, count, lift } from '../../../words/format.js';
import type { Scale } from './forest-rows.js';
import {
  groupsOfMetric,
  groupsOfSegment,
  heterogeneityFinding,
  untoldText,
  type Of,
  type SegmentResult,
} from './segment-rows.js';
import { SegmentTable } from './segment-table.js';

interface Props {
  experiment: Schemas['Experiment'];
  results: Schemas['Results'];
  plan: Schemas['Plan'];
  scale: Scale;
}

const HOW = 'Square: estimate. Thick: sequence, at every look. Explored: nothing ships for one segment.';

/** One metric in each segment, and whether it differs there. */
export function MetricBySegment({ of, ...shown }: Props & { of: Of }) {
  const title = heterogeneityFinding(shown.results, of);
  const untold = untoldText(shown.results);
  return (
    <div className="card">
      <div className="body">
        <SegmentForest {...shown} title={title} groups={groupsOfMetric(shown, of)} of={of} />
        {untold !== null && <p className="small muted">{untold}</p>}
      </div>
    </div>
  );
}

interface OneSegmentProps extends Props {
  result: SegmentResult;
  chosen?: Of | null;
  onChoose?: (row: Of) => void;
}

/** Every metric in one segment. */
export function OneSegment({ result, chosen = null, onChoose, ...shown }: OneSegmentProps) {
  const units = Object.values(result.units).reduce((sum, n) => sum + n, 0);
  const title = `In ${result.segment}: ${count(units)} units, explored`;
  return (
    <SegmentForest
      {...shown}
      title={title}
      groups={groupsOfSegment(shown, result)}
      of={chosen ?? { metric_id: '', variant: '' }}
      picked={{ chosen, ...(onChoose && { onChoose }) }}
    />
  );
}

interface SegmentForestProps extends Props {
  title: string;
  groups: ForestGroup[];
  /** What the table beside it is about. */
  of: Of;
  picked?: { chosen: Of | null; onChoose?: (row: Of) => void };
}

function SegmentForest({
  experiment,
  results,
  scale,
  title,
  groups,
  of,
  picked = { chosen: null },
}: SegmentForestProps) {
  return (
    <Figure
      title={title}
      how={HOW}
      table={<SegmentTable results={results} control={experiment.control} of={of} />}
    >
      {(width) => (
        <Forest
          groups={groups}
          width={width}
          mde={null}
          format={scale === 'relative' ? lift : change}
          label={title}
          {...picked}
        />
      )}
    </Figure>
  );
}

/** Whose results are shown. Nothing where the experiment has no segments. */
export function SegmentPicker({
  segments,
  chosen,
  onChoose,
}: {
  segments: readonly SegmentResult[];
  chosen: string | null;
  onChoose: (segment: string | null) => void;
}) {
  if (segments.length === 0) return null;
  return (
    <label className="inline">
      Units
      <select
        className="input"
        value={chosen ?? ''}
        onChange={(event) => onChoose(event.currentTarget.value === '' ? null : event.currentTarget.value)}
      >
        <option value="">All units</option>
        {segments.map(({ segment }) => (
          <option key={segment}>{segment}</option>
        ))}
      </select>
    </label>
  );
}
