import { Link } from '@tanstack/react-router';

/** Metrics by their ids, each leading to its page. */
export function MetricLinks({ ids }: { ids: readonly string[] }) {
  return (
    <span>
      {ids.map((id, index) => (
        <span key={id}>
          {index > 0 && ', '}
          <Link to="/library/$kind/$id" params={{ kind: 'metrics', id }}>
            {id}
          </Link>
        </span>
      ))}
    </span>
  );
}
