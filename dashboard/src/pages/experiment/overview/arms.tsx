import { Link } from '@tanstack/react-router';
import type { Schemas } from '../../../api/client.js';
import { EvidenceBar } from '../../../pictures/evidence-bar.js';
import { Ago } from '../../../ui/age.js';
import { Arm, armIndex } from '../../../ui/arm.js';
import { Card } from '../../../ui/card.js';
import { DECISIONS } from '../../../words/codes.js';
import { change, count, lift, quantity, rate } from '../../../words/format.js';
import { guardrailFinding, guardrailsOf } from '../guardrails/guardrail-state.js';

type Results = Schemas['Results'];
type Comparison = Schemas['Comparison'];

interface Props {
  experiment: Schemas['Experiment'];
  results: Results | null;
  plan: Schemas['Plan'] | null;
}

/** The arms on the first primary, and how far each guardrail is from its roll-back. */
export function Arms({ experiment, results, plan }: Props) {
  if (results === null) {
    return (
      <Card title="Arms: nothing measured yet">
        <p className="muted">The first look comes once units are exposed.</p>
      </Card>
    );
  }
  const primary = results.evidence.metrics.find(({ role }) => role === 'primary');
  if (!primary) return null;
  const decision = results.decision?.decision ?? 'continue';
  const isDecided = decision === 'winner' || decision === 'roll_back';
  return (
    <Card
      title={`Arms: ${isDecided ? DECISIONS[decision].text.toLowerCase() : 'not decidable yet'}`}
      age={<Ago at={results.at} />}
      tools={
        <Link to="/experiments/$experiment_id/evidence" params={{ experiment_id: experiment.experiment_id }}>
          Evidence
        </Link>
      }
      flush
    >
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
      {plan && <Guardrails results={results} plan={plan} />}
    </Card>
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

function Guardrails({ results, plan }: { results: Results; plan: Schemas['Plan'] }) {
  const guardrails = guardrailsOf(results, plan);
  if (guardrails.length === 0) return null;
  return (
    <div className="body part">
      <h3 className="h2">{guardrailFinding(guardrails)}</h3>
      <p className="small muted">Evidence of harm, logarithmic; at the flag it rolls back at once</p>
      <div className="bars">
        {guardrails.slice(0, 6).map(({ metric_id, variant, log_e_harm, threshold, tone, said }) => (
          <div key={`${metric_id} ${variant}`}>
            <div>
              {metric_id} <span className="muted">{said}</span>
            </div>
            <EvidenceBar
              label={`${metric_id} of ${variant}`}
              log_e={log_e_harm}
              threshold={threshold}
              tone={tone}
            />
          </div>
        ))}
      </div>
    </div>
  );
}
