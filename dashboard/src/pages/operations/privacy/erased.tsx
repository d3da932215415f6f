import { useQuery } from '@tanstack/react-query';
import { erasureQuery, type ErasedUnit } from '../../../api/privacy.js';
import { Card } from '../../../ui/card.js';
import { Icon } from '../../../ui/icon.js';
import { count } from '../../../words/format.js';
import { PENDING, REMOVED } from '../../../words/privacy.js';

/** What an erasure removed, and whether it is done everywhere. */
export function Erased({
  erased: { unit_id, erasure_id, removed, pending: before },
}: {
  erased: ErasedUnit;
}) {
  const { data } = useQuery({ ...erasureQuery(erasure_id), enabled: before.length > 0 });
  const pending = data?.pending ?? before;
  return (
    <Card title={`Unit ${unit_id} was erased`}>
      <p role="status">
        <Icon
          name={pending.length === 0 ? 'check' : 'clock'}
          className={pending.length === 0 ? '' : 'is-hold'}
        />{' '}
        {pending.length === 0 ? (
          <b>It is removed everywhere.</b>
        ) : (
          <>
            <b>It is under way.</b> {pending.map((code) => PENDING[code]).join(' ')}
          </>
        )}
      </p>
      <table className="t stack">
        <thead>
          <tr>
            <th scope="col">Removed</th>
            <th scope="col" className="num">
              How many
            </th>
          </tr>
        </thead>
        <tbody>
          {(Object.keys(REMOVED) as (keyof typeof REMOVED)[]).map((what) => (
            <tr key={what}>
              <td>{REMOVED[what]}</td>
              <td data-l="How many" className="num">
                {count(removed[what])}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="muted">
        The sums of experiments keep what it had added: nobody can tell it from the rest. For 49 hours nothing
        that is sent of it counts, so that what is sent again does not make it anew. This erasure can be asked
        for as {erasure_id} for 90 days.
      </p>
    </Card>
  );
}
