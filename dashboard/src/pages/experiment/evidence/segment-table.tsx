import type { Schemas } from '../../../api/client.js';
import { count, lift, limitsText, pValue, quantity } from '../../../words/format.js';
import { comparisonIn, type Of } from './segment-rows.js';

/** One metric of one treatment in each segment, with every number of the forest. */
export function SegmentTable({
  results,
  control,
  of,
}: {
  results: Schemas['Results'];
  control: string;
  of: Of;
}) {
  return (
    <table className="t">
      <thead>
        <tr>
          <th>Segment</th>
          <th className="num">Units</th>
          <th className="num">{control}</th>
          <th className="num">{of.variant}</th>
          <th className="num">Lift</th>
          <th className="num">Sequence</th>
          <th className="num">p</th>
          <th className="num">Q</th>
          <th className="num">p of Q, once</th>
          <th className="num">p of Q, always</th>
        </tr>
      </thead>
      <tbody>
        {results.segments.map((result) => {
          const found = comparisonIn(result, of);
          const units = (result.units[control] ?? 0) + (result.units[of.variant] ?? 0);
          const { sequence, heterogeneity } = found ?? {};
          return (
            <tr key={result.segment}>
              <td>{result.segment}</td>
              <td className="num">{count(units)}</td>
              <td className="num">{quantity(found?.control_value ?? null)}</td>
              <td className="num">{quantity(found?.value ?? null)}</td>
              <td className="num">{lift(found?.lift ?? null)}</td>
              <td className="num">{sequence ? limitsText(sequence) : 'no limit yet'}</td>
              <td className="num">{pValue(sequence?.p_value ?? null)}</td>
              <td className="num">{heterogeneity ? heterogeneity.q.toFixed(2) : '–'}</td>
              <td className="num">{pValue(heterogeneity?.p_value ?? null)}</td>
              <td className="num">{pValue(heterogeneity?.sequential_p ?? null)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
