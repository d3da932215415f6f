import type { Schemas } from '../../../api/client.js';
import { change, evidence, lift, limitsText, pValue, quantity } from '../../../words/format.js';
import { unmeasuredText } from './forest-rows.js';

/** Every number of the forest, and the p-values beside it. */
export function EvidenceTable({
  results,
  experiment,
}: {
  results: Schemas['Results'];
  experiment: Schemas['Experiment'];
}) {
  return (
    <table className="t">
      <thead>
        <tr>
          <th>Metric</th>
          <th>Role</th>
          <th>Arm</th>
          <th className="num">{experiment.control}</th>
          <th className="num">Value</th>
          <th className="num">Difference</th>
          <th className="num">Lift</th>
          <th className="num">Sequence</th>
          <th className="num">p</th>
          <th className="num">E-value of harm</th>
        </tr>
      </thead>
      <tbody>
        {results.evidence.metrics.flatMap(({ metric_id, role, comparisons }) =>
          comparisons.map((comparison) => {
            const { variant, control_value, value, difference, relative, sequence, guardrail } = comparison;
            const unmeasured = unmeasuredText(metric_id, comparison, results);
            return (
              <tr key={`${metric_id} ${variant}`}>
                <td>{metric_id}</td>
                <td>{role}</td>
                <td>{variant}</td>
                {unmeasured === null ? (
                  <>
                    <td className="num">{quantity(control_value)}</td>
                    <td className="num">{quantity(value)}</td>
                    <td className="num">{change(difference)}</td>
                    <td className="num">{lift(relative.lift)}</td>
                    <td className="num">{limitsText(sequence)}</td>
                    <td className="num">{pValue(sequence.p_value)}</td>
                    <td className="num">{guardrail ? evidence(guardrail.log_e_harm) : '–'}</td>
                  </>
                ) : (
                  <td colSpan={7} className="muted">
                    {unmeasured}
                  </td>
                )}
              </tr>
            );
          }),
        )}
      </tbody>
    </table>
  );
}
