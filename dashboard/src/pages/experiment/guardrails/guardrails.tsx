import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Schemas } from '../../../api/client.js';
import { experimentQuery, planQuery, resultsQuery } from '../../../api/queries.js';
import { EvidenceBar } from '../../../pictures/evidence-bar.js';
import { Answer } from '../../../ui/answer.js';
import { Arm, armIndex } from '../../../ui/arm.js';
import { Ago } from '../../../ui/age.js';
import { Card } from '../../../ui/card.js';
import { Empty } from '../../../ui/empty.js';
import { lift, pValue } from '../../../words/format.js';
import { guardrailFinding, guardrailsOf, type GuardrailState } from './guardrail-state.js';

/** How far each guardrail is from rolling the experiment back, and from being proven safe. */
export function Guardrails() {
  const { experiment_id } = useParams({ from: '/experiments/$experiment_id' });
  const experiment = useQuery(experimentQuery(experiment_id)).data!;
  const results = useQuery(resultsQuery(experiment));
  const plan = useQuery(planQuery(experiment));
  if (experiment.success_metrics.guardrail?.length === 0) {
    return (
      <Empty title="This experiment has no guardrail">
        Nothing but its primaries rolls it back. A guardrail such as error_rate ends an experiment that breaks
        something.
      </Empty>
    );
  }
  return (
    <Answer query={results} what="its results">
      {(data) =>
        data === null ? (
          <Empty title="Nothing was measured yet">The first look comes once units are exposed.</Empty>
        ) : (
          <Answer query={plan} what="its plan">
            {(its) => its && <Bars experiment={experiment} results={data} plan={its} />}
          </Answer>
        )
      }
    </Answer>
  );
}

interface BarsProps {
  experiment: Schemas['Experiment'];
  results: Schemas['Results'];
  plan: Schemas['Plan'];
}

function Bars({ experiment, results, plan }: BarsProps) {
  const guardrails = guardrailsOf(results, plan);
  const mustBeSafe =
    (plan.policy['guardrails'] as { to_ship?: string } | undefined)?.to_ship === 'non_inferior';
  return (
    <Card title={guardrailFinding(guardrails)} age={<Ago at={results.at} />}>
      <p className="small muted">
        Each bar is evidence of harm beyond the margin, on a logarithmic scale. Rolls back at once when a bar
        is full.
      </p>
      <ul className="guardrails">
        {guardrails.map((guardrail) => (
          <li key={`${guardrail.metric_id} ${guardrail.variant}`}>
            <Described guardrail={guardrail} experiment={experiment} />
            <div>
              <EvidenceBar
                label={`Evidence that ${guardrail.metric_id} of ${guardrail.variant} does harm`}
                log_e={guardrail.log_e_harm}
                threshold={guardrail.threshold}
                tone={guardrail.tone}
                ticks={[3, 10, 30]}
              />
              {mustBeSafe && (
                <>
                  <p className="small muted">
                    Evidence of safety: this policy ships only what is proven not to harm
                  </p>
                  <EvidenceBar
                    label={`Evidence that ${guardrail.metric_id} of ${guardrail.variant} is safe`}
                    log_e={guardrail.log_e_non_inferior}
                    threshold={plan.thresholds.safe}
                    tone={
                      (guardrail.log_e_non_inferior ?? 0) >= Math.log(plan.thresholds.safe) ? 'good' : 'plain'
                    }
                  />
                </>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Described({
  guardrail,
  experiment,
}: {
  guardrail: GuardrailState;
  experiment: Schemas['Experiment'];
}) {
  const { metric_id, variant, margin, direction, said, lacks, tone, p_value } = guardrail;
  const worse = direction === 'decrease' ? margin : -margin;
  return (
    <div>
      <b>{metric_id}</b>
      <div>
        <Arm index={armIndex(experiment.variants, experiment.control, variant)} name={variant} />
      </div>
      <div className={tone === 'plain' ? 'muted' : `is-${tone}`}>{said}</div>
      <div className="small muted">
        {lacks ?? `Harm is ${lift(worse, 0)} or worse; one-sided p ${pValue(p_value)}`}
      </div>
    </div>
  );
}
