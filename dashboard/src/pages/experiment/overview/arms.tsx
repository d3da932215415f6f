import { Link } from '@tanstack/react-router';
import type { Schemas } from '../../../api/client.js';
import { EvidenceBar } from '../../../pictures/evidence-bar.js';
import { Ago } from '../../../ui/age.js';
import { Card } from '../../../ui/card.js';
import { DECISIONS } from '../../../words/codes.js';
import { useLookSearch } from '../past/use-look.js';
import { guardrailFinding, guardrailName, guardrailsOf } from '../guardrails/guardrail-state.js';
import { ArmsTable } from './arms-table.js';

type Results = Schemas['Results'];

interface Props {
  experiment: Schemas['Experiment'];
  results: Results | null;
  plan: Schemas['Plan'] | null;
}

/** The arms on the first primary, and how far each guardrail is from its roll-back. */
export function Arms({ experiment, results, plan }: Props) {
  const search = useLookSearch();
  if (results === null) {
    return (
      <Card title="Arms: nothing measured yet">
        <p className="muted">The first look comes once units are exposed.</p>
      </Card>
    );
  }
  if (!results.evidence.metrics.some(({ role }) => role === 'primary')) return null;
  const decision = results.decision?.decision ?? 'continue';
  const isDecided = decision === 'winner' || decision === 'roll_back';
  return (
    <Card
      title={`Arms: ${isDecided ? DECISIONS[decision].text.toLowerCase() : 'not decidable yet'}`}
      age={<Ago at={results.at} />}
      tools={
        <Link
          to="/experiments/$experiment_id/evidence"
          params={{ experiment_id: experiment.experiment_id }}
          search={search}
        >
          Evidence
        </Link>
      }
      flush
    >
      <ArmsTable experiment={experiment} results={results} />
      {plan && <Guardrails results={results} plan={plan} />}
    </Card>
  );
}

function Guardrails({ results, plan }: { results: Results; plan: Schemas['Plan'] }) {
  const guardrails = guardrailsOf(results, plan);
  if (guardrails.length === 0) return null;
  return (
    <div className="body part">
      <h3 className="h2">{guardrailFinding(guardrails)}</h3>
      <p className="small muted">Evidence of harm, logarithmic; at the flag it rolls back at once</p>
      <div className="bars">
        {guardrails.slice(0, 6).map((guardrail) => (
          <div key={guardrailName(guardrail)}>
            <div>
              {guardrail.metric_id}
              {guardrail.segment !== null && ` in ${guardrail.segment}`}{' '}
              <span className="muted">{guardrail.said}</span>
            </div>
            <EvidenceBar
              label={guardrailName(guardrail)}
              log_e={guardrail.log_e_harm}
              threshold={guardrail.threshold}
              tone={guardrail.tone}
            />
          </div>
        ))}
      </div>
    </div>
  );
}
