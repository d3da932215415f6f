import { useInfiniteQuery } from '@tanstack/react-query';
import { optOutsQuery } from '../../../api/privacy.js';
import { Answer } from '../../../ui/answer.js';
import { Card } from '../../../ui/card.js';
import { Empty } from '../../../ui/empty.js';
import { Time } from '../../../ui/age.js';
import { UnitId } from '../../../ui/unit-id.js';

/** Who opted out of all experiments. */
export function OptOuts() {
  const query = useInfiniteQuery(optOutsQuery);
  return (
    <Card title="Units that opted out" flush>
      <Answer query={query} what="the units that opted out">
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0)
            return <Empty title="Nobody has opted out">Look up a unit to opt it out.</Empty>;
          return (
            <table className="t stack">
              <thead>
                <tr>
                  <th scope="col">Unit</th>
                  <th scope="col">Opted out</th>
                </tr>
              </thead>
              <tbody>
                {items.map(({ unit_id, opted_out_at }, row) => (
                  <tr key={unit_id ?? row}>
                    <td>
                      <UnitId id={unit_id} />
                    </td>
                    <td data-l="Opted out">
                      <Time at={opted_out_at} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </Answer>
      {query.hasNextPage && (
        <p className="body">
          <button
            type="button"
            className="btn"
            onClick={() => void query.fetchNextPage()}
            disabled={query.isFetchingNextPage}
          >
            {query.isFetchingNextPage ? 'Loading…' : 'Show more'}
          </button>
        </p>
      )}
    </Card>
  );
}
