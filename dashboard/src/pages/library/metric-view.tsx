import type { Metric } from '../../api/library.js';
import { Card } from '../../ui/card.js';
import { metricFacts, metricSentence } from '../../words/metric.js';
import { Facts } from './facts.js';

export function MetricView({ metric }: { metric: Metric }) {
  return (
    <Card title={metricSentence(metric)}>
      <Facts facts={metricFacts(metric)} />
    </Card>
  );
}
