import type { Metric } from '../../api/library.js';
import { useMay } from '../../session/use-session.js';
import { Card } from '../../ui/card.js';
import { metricFacts, metricSentence } from '../../words/metric.js';
import { Facts } from './facts.js';
import { writtenOf } from './kinds.js';
import { MetricRevisions } from './metric-revisions.js';
import { MetricTrial } from './metric-trial.js';

export function MetricView({ metric }: { metric: Metric }) {
  const may = useMay('define');
  return (
    <>
      <Card title={metricSentence(metric)}>
        <Facts facts={metricFacts(metric)} />
      </Card>
      {may && (
        <Card title="What it counts of the events that come">
          <MetricTrial definition={writtenOf('metrics', metric)} />
        </Card>
      )}
      <MetricRevisions metric={metric} />
    </>
  );
}
