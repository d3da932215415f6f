import { useQuery } from '@tanstack/react-query';
import { metricRevisionsQuery, type Metric } from '../../api/library.js';
import { Answer } from '../../ui/answer.js';
import { Card } from '../../ui/card.js';
import { ComparedVersions, type Version } from './compared-versions.js';

/** Every revision of a metric that is kept, and any two of them beside one another. */
export function MetricRevisions({ metric: { metric_id, built_in } }: { metric: Metric }) {
  const query = useQuery(metricRevisionsQuery(metric_id));
  return (
    <Card title="Revisions">
      <Answer query={query} what="its revisions">
        {({ items }) => {
          const versions = items.map(({ revision, at, by, definition }): Version => ({
            ...{ number: revision, at, by, definition },
          }));
          if (versions.length === 0)
            return <p className="muted">{built_in ? 'It is as it was delivered.' : 'None is kept.'}</p>;
          if (versions.length === 1) return <p className="muted">This is its only revision.</p>;
          return <ComparedVersions key={versions[0]!.number} noun="revision" versions={versions} />;
        }}
      </Answer>
    </Card>
  );
}
