import type { Schemas } from '../../../api/client.js';
import { EvidenceBar } from '../../../pictures/evidence-bar.js';
import { Arm, armIndex } from '../../../ui/arm.js';
import { Ago } from '../../../ui/age.js';
import { Card } from '../../../ui/card.js';
import { lift, pValue } from '../../../words/format.js';
import { guardrailFinding, guardrailName, guardrailsOf, type GuardrailState } from './guardrail-state.js';

interface BarsProps {
  experiment: Schemas['Experiment'];
  results: Schemas['Results'];
  plan: Schemas['Plan'];
}

/** Each guardrail as a bar on its way to its roll-back. */
export function Bars({ experiment, results, plan }: BarsProps) {
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
          <li key={guardrailName(guardrail)}>
            <Described guardrail={guardrail} experiment={experiment} />
            <div>
              <EvidenceBar
                label={`Evidence that ${guardrailName(guardrail)} does harm`}
                log_e={guardrail.log_e_harm}
                threshold={guardrail.threshold}
                tone={guardrail.tone}
                ticks={[3, 10, 30]}
              />
              {mustBeSafe && guardrail.segment === null && (
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
  const { metric_id, variant, segment, margin, direction, said, lacks, tone, p_value } = guardrail;
  const worse = direction === 'decrease' ? margin : -margin;
  return (
    <div>
      <b>{metric_id}</b>
      {segment !== null && <div>in {segment}, of its segments the nearest</div>}
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
