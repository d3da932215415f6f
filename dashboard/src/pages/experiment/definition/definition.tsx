import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Schemas } from '../../../api/client.js';
import type { Policy } from '../../../api/library.js';
import { experimentQuery, planQuery } from '../../../api/queries.js';
import { Answer } from '../../../ui/answer.js';
import { Arm, armIndex } from '../../../ui/arm.js';
import { Card } from '../../../ui/card.js';
import { lift, percent } from '../../../words/format.js';
import { freezeFacts, policyParts } from '../../../words/policy.js';
import { exactTime } from '../../../words/times.js';
import { Facts } from '../../library/facts.js';
import { aboutFacts, audienceFacts, frozenFacts, writtenOf } from './written.js';

/** What people wrote, and what the start froze of it. */
export function Definition() {
  const { experiment_id } = useParams({ from: '/experiments/$experiment_id' });
  const experiment = useQuery(experimentQuery(experiment_id)).data!;
  const plan = useQuery(planQuery(experiment));
  const frozen = frozenFacts(experiment);
  return (
    <>
      <div className="grid cols-2">
        <Card title="What it is">
          <Facts facts={aboutFacts(experiment)} />
        </Card>
        <Card title="Who is in it, and when">
          <Facts facts={audienceFacts(experiment)} />
        </Card>
      </div>
      <Arms experiment={experiment} />
      <Metrics experiment={experiment} plan={plan.data ?? null} />
      {frozen.length > 0 && (
        <Card title="What the start measured and froze">
          <Facts facts={frozen} />
        </Card>
      )}
      <Answer query={plan} what="its policy">
        {(its) =>
          its === null ? <NotFrozen policy_id={experiment.policy.id} /> : <FrozenPolicy plan={its} />
        }
      </Answer>
      <Source experiment={experiment} />
    </>
  );
}

interface ArmFields {
  traffic: number;
  description?: string;
  config?: unknown;
}

function Arms({ experiment }: { experiment: Schemas['Experiment'] }) {
  const { variants, control } = experiment;
  const names = [control, ...Object.keys(variants).filter((name) => name !== control)];
  const known: Record<string, ArmFields> = variants;
  return (
    <Card title={`${names.length} arms`} flush>
      <table className="t stack">
        <thead>
          <tr>
            <th>Arm</th>
            <th className="num">Share</th>
            <th>Description</th>
            <th>Config</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => {
            const { traffic, description, config } = known[name]!;
            return (
              <tr key={name}>
                <td>
                  <Arm index={armIndex(variants, control, name)} name={name} />
                </td>
                <td className="num" data-l="Share">
                  {percent(traffic)}
                </td>
                <td data-l="Description">{description ?? <span className="muted">–</span>}</td>
                <td data-l="Config">
                  {config === undefined ? (
                    <span className="muted">–</span>
                  ) : (
                    <code className="config">{JSON.stringify(config)}</code>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}

const ROLES = {
  primary: 'decides',
  guardrail: 'rolls back',
  secondary: 'is told, and decides nothing',
} as const;

function Metrics({ experiment, plan }: { experiment: Schemas['Experiment']; plan: Schemas['Plan'] | null }) {
  const { primary, guardrail = [], secondary = [] } = experiment.success_metrics;
  const all = [
    ...primary.map((id) => [id, 'primary'] as const),
    ...guardrail.map((id) => [id, 'guardrail'] as const),
    ...secondary.map((id) => [id, 'secondary'] as const),
  ];
  return (
    <Card title={`${all.length} metric${all.length === 1 ? '' : 's'}`} flush>
      <table className="t stack">
        <thead>
          <tr>
            <th>Metric</th>
            <th>Role</th>
            <th>Better</th>
            <th className="num">Harm</th>
          </tr>
        </thead>
        <tbody>
          {all.map(([id, role]) => {
            const known = plan?.metrics.find(({ metric_id }) => metric_id === id);
            return (
              <tr key={id}>
                <td>
                  <b>{id}</b>
                </td>
                <td data-l="Role">
                  {role}
                  <span className="sub">{ROLES[role]}</span>
                </td>
                <td data-l="Better">
                  {known === undefined
                    ? 'as its metric says'
                    : known.direction === 'increase'
                      ? 'more'
                      : 'less'}
                </td>
                <td className="num" data-l="Harm">
                  {known?.margin == null
                    ? '–'
                    : `beyond ${lift(known.direction === 'decrease' ? known.margin : -known.margin, 0)}`}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}

function NotFrozen({ policy_id }: { policy_id: string }) {
  return (
    <Card title={`Policy ${policy_id}`}>
      <p className="muted">The start freezes its newest version; until then a change of the policy counts.</p>
    </Card>
  );
}

/** In words, as the start froze it. */
function FrozenPolicy({ plan }: { plan: Schemas['Plan'] }) {
  const policy = plan.policy as unknown as Policy;
  return (
    <Card
      title={`Policy ${policy.policy_id}, version ${policy.version}, as the start froze it`}
      tools="No later change of the policy counts"
    >
      <div className="policy-parts">
        {policyParts(policy).map(({ title, facts }) => (
          <section key={title} aria-label={title}>
            <h3 className="label">{title}</h3>
            <Facts facts={facts} />
          </section>
        ))}
        <section aria-label="Freeze windows">
          <h3 className="label">Freeze windows</h3>
          <Facts facts={[...freezeFacts(policy), ...comingFreezes(plan)]} />
        </section>
      </div>
    </Card>
  );
}

/** Windows that are told. */
const MOST_FREEZES = 3;

/** When it is frozen next. */
function comingFreezes({ interruptions, at }: Schemas['Plan']): [name: string, text: string][] {
  const coming = interruptions.filter(({ code, from }) => code === 'freeze_window' && from > at);
  const told = coming
    .slice(0, MOST_FREEZES)
    .map(({ from, until }) => `${exactTime(Date.parse(from))} to ${exactTime(Date.parse(until!))}`);
  return told.length === 0 ? [] : [['Next', told.join('; ')]];
}

function Source({ experiment }: { experiment: Schemas['Experiment'] }) {
  const [copied, setCopied] = useState<string | null>(null);
  const text = JSON.stringify(writtenOf(experiment), null, 2);
  const copy = (): void =>
    void navigator.clipboard.writeText(text).then(
      () => setCopied('Copied'),
      () => setCopied('The browser does not allow it: select the text'),
    );
  return (
    <Card
      title="As JSON"
      tools={
        <>
          <span role="status">{copied}</span>
          <button type="button" className="link" onClick={copy}>
            Copy
          </button>
        </>
      }
    >
      <pre className="code" tabIndex={0} aria-label="The definition as JSON">
        {text}
      </pre>
    </Card>
  );
}
