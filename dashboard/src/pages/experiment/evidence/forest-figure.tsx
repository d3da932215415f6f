import type { Schemas } from '../../../api/client.js';
import { Figure } from '../../../pictures/figure.js';
import { Forest, type ForestGroup } from '../../../pictures/forest.js';
import { change, lift } from '../../../words/format.js';
import { EvidenceTable } from './evidence-table.js';
import { findingOf, type Scale } from './forest-rows.js';

interface Props {
  experiment: Schemas['Experiment'];
  results: Schemas['Results'];
  plan: Schemas['Plan'];
  scale: Scale;
  groups: readonly ForestGroup[];
  chosen?: { metric_id: string; variant: string } | null;
  onChoose?: (row: { metric_id: string; variant: string }) => void;
}

/** The forest with what it says, how it is read, and the same as a table. */
export function ForestFigure({ experiment, results, plan, scale, groups, chosen = null, onChoose }: Props) {
  const title = findingOf(results);
  const isRelative = scale === 'relative';
  const tooSmall = ` Hatched: ±${lift(plan.thresholds.mde).slice(1)}, too small to matter.`;
  return (
    <Figure
      title={title}
      how={`Square: estimate, filled where a row decided. Thick: sequence, at every look. Thin: the interval at the end.${isRelative ? tooSmall : ''}`}
      table={<EvidenceTable results={results} experiment={experiment} />}
    >
      {(width) => (
        <Forest
          groups={groups}
          width={width}
          mde={isRelative ? plan.thresholds.mde : null}
          format={isRelative ? lift : change}
          label={title}
          chosen={chosen}
          {...(onChoose && { onChoose })}
        />
      )}
    </Figure>
  );
}
