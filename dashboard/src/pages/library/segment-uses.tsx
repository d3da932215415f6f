import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { segmentUsesQuery } from '../../api/library.js';
import { Answer } from '../../ui/answer.js';
import { Card } from '../../ui/card.js';

/** What a change of a segment reaches. */
export function SegmentUses({ segment_id }: { segment_id: string }) {
  const query = useQuery(segmentUsesQuery(segment_id));
  return (
    <Card title="Who uses it">
      <Answer query={query} what="what refers to it">
        {({ flags, segments, experiments }) =>
          flags.length + segments.length + experiments.length === 0 ? (
            <p className="muted">No flag, no segment, and no experiment that is not over refers to it.</p>
          ) : (
            <dl className="kv">
              <Uses name="Experiments" ids={experiments}>
                {(id) => (
                  <Link to="/experiments/$experiment_id" params={{ experiment_id: id }}>
                    {id}
                  </Link>
                )}
              </Uses>
              <Uses name="Flags" ids={flags}>
                {(id) => (
                  <Link to="/flags/$flag_id" params={{ flag_id: id }}>
                    {id}
                  </Link>
                )}
              </Uses>
              <Uses name="Segments" ids={segments}>
                {(id) => (
                  <Link to="/library/$kind/$id" params={{ kind: 'segments', id }}>
                    {id}
                  </Link>
                )}
              </Uses>
            </dl>
          )
        }
      </Answer>
    </Card>
  );
}

interface UsesProps {
  name: string;
  ids: readonly string[];
  children(id: string): ReactNode;
}

function Uses({ name, ids, children }: UsesProps) {
  if (ids.length === 0) return null;
  return (
    <div className="pair">
      <dt>{name}</dt>
      <dd>
        <ul className="links">
          {ids.map((id) => (
            <li key={id}>{children(id)}</li>
          ))}
        </ul>
      </dd>
    </div>
  );
}
