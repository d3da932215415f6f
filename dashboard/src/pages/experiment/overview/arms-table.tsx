import type { Schemas } from '../../../api/client.js';
import { Arm, armIndex } from '../../../ui/arm.js';
import { change, count, lift, quantity, rate } from '../../../words/format.js';

type Results = Schemas['Results'];
type Comparison = Schemas['Comparison'];

/** Each arm on the first primary. */
export function ArmsTable({ experiment, results }: { experiment: Schemas['Experiment']; results: Results }) {
  const primary = results.evidence.metrics.find(({ role }) => role === 'primary');
  if (!primary) return null;
  return (
    <div className="table-scroll">
      <table className="t stack">
        <thead>
          <tr>
            <th>{primary.metric_id}</th>
            <th className="num">Units</th>
            <th className="num">Value</th>
            <th className="num">Lift</th>
            <th>Sequence, at every look</th>
            <th className="num">Chance to win</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <td>
              <Arm index={0} name={experiment.control} />
            </td>
            <td className="num" data-l="Units">
              {count(results.units[experiment.control] ?? 0)}
            </td>
            <td className="num" data-l="Value">
              {valueOf(primary.kind, primary.comparisons[0]?.control_value)}
            </td>
            <td className="num muted" data-l="Lift">
              –
            </td>
            <td className="muted" data-l="Sequence">
              –
            </td>
            <td className="num muted" data-l="Chance to win">
              –
            </td>
          </tr>
          {primary.comparisons.map((comparison) => (
            <Treatment
              key={comparison.variant}
              {...{ comparison, experiment, results }}
              kind={primary.kind}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Treatment({
  comparison,
  experiment,
  results,
  kind,
}: {
  comparison: Comparison;
  experiment: Schemas['Experiment'];
  results: Results;
  kind: string;
}) {
  const { variant, value, relative, sequence, bayes } = comparison;
  const isBounded = sequence.relative_lower !== null && sequence.relative_upper !== null;
  return (
    <tr>
      <td>
        <Arm index={armIndex(experiment.variants, experiment.control, variant)} name={variant} />
      </td>
      <td className="num" data-l="Units">
        {count(results.units[variant] ?? 0)}
      </td>
      <td className="num" data-l="Value">
        {valueOf(kind, value)}
      </td>
      <td className="num" data-l="Lift">
        <b>{lift(relative.lift)}</b>
      </td>
      <td data-l="Sequence">
        {isBounded ? `${lift(sequence.relative_lower)} to ${lift(sequence.relative_upper)}` : 'no limit yet'}
        {!isBounded && sequence.lower !== null && (
          <span className="sub">
            {difference(kind, sequence.lower)} to {difference(kind, sequence.upper)} absolute
          </span>
        )}
      </td>
      <td className="num" data-l="Chance to win">
        {rate(bayes.chance_to_win, 0)}
        <span className="sub">for information</span>
      </td>
    </tr>
  );
}

function valueOf(kind: string, value: number | null | undefined): string {
  return kind === 'proportion' || kind === 'error_rate' ? rate(value, 2) : quantity(value);
}

function difference(kind: string, value: number | null): string {
  if (value === null) return 'no limit';
  return kind === 'proportion' || kind === 'error_rate' ? `${change(value * 100)} points` : change(value);
}
