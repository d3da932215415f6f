import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNow } from '../../ui/age.js';
import { Card } from '../../ui/card.js';
import { duration, percent } from '../../words/format.js';
import { shortTime } from '../../words/times.js';
import { policiesQuery, type PolicyChoice } from './choices.js';
import type { FormState } from './form-state.js';
import type { Length } from './form.js';
import { durationMs, rampMs } from './policy-ramp.js';
import { withOwn } from './what.js';

/** How it is run, and for how long. */
export function PlanFields(props: FormState) {
  const { form, change, errorOf } = props;
  const policies = useQuery(policiesQuery).data ?? [];
  const policy = policies.find(({ policy_id }) => policy_id === form.policy);
  const names = withOwn(
    policies.map(({ policy_id }) => policy_id),
    form.policy,
  );
  return (
    <Card title="Plan">
      <div className="two">
        <div className="fields">
          <Select
            label="Policy"
            description={policy ? `Version ${policy.version}` : undefined}
            data={names}
            value={form.policy}
            onChange={(value) => value !== null && change('policy', { policy: value })}
            error={errorOf('policy')}
            allowDeselect={false}
            searchable
          />
          {policy && <MiniRamp policy={policy} />}
        </div>
        <LengthFields {...props} policy={policy} />
      </div>
    </Card>
  );
}

/** The ramp of a policy, a column a step, its height the root of the share. */
function MiniRamp({ policy }: { policy: PolicyChoice }) {
  const { ramp } = policy;
  const steps = ramp.map(({ coverage }) => percent(coverage));
  return (
    <div>
      <div className="mini-ramp" role="img" aria-label={`The ramp: ${steps.join(', ')}`}>
        {ramp.map(({ coverage }) => (
          <span key={coverage} style={{ height: `${Math.max(6, Math.sqrt(coverage) * 10)}%` }} />
        ))}
      </div>
      <div className="mini-ramp-words" aria-hidden="true">
        {steps.map((step) => (
          <span key={step}>{step}</span>
        ))}
      </div>
      <p className="hint">
        {duration(rampMs(policy))} to {steps.at(-1)}, if nothing holds; finds {percent(policy.mde * 100)} in{' '}
        {percent(policy.power * 100)} of its lives, if the people suffice
        {ramp.some(({ approval }) => approval) && '; a person must agree on the way'}
      </p>
    </div>
  );
}

const LENGTHS: { value: Length; label: string }[] = [
  { value: 'policy', label: 'As long as the policy lets it' },
  { value: 'days', label: 'So many days from its start' },
  { value: 'dates', label: 'Between two dates' },
];

function LengthFields({ form, change, errorOf, policy }: FormState & { policy: PolicyChoice | undefined }) {
  return (
    <div className="fields">
      <Select
        label="Length"
        description={
          policy &&
          `${duration(durationMs(policy.min_duration))} to ${duration(durationMs(policy.max_duration))}`
        }
        data={LENGTHS}
        value={form.length}
        onChange={(value) => value !== null && change('length', { length: value })}
        allowDeselect={false}
      />
      {form.length === 'days' && (
        <TextInput
          label="Days"
          value={form.days}
          onChange={(event) => change('days', { days: event.currentTarget.value })}
          error={errorOf('days')}
          inputMode="numeric"
        />
      )}
      {form.length === 'dates' && (
        <>
          <TextInput
            type="datetime-local"
            label="Starts"
            description="At once where it is left out"
            value={form.start}
            onChange={(event) => change('start', { start: event.currentTarget.value })}
            error={errorOf('start')}
          />
          <TextInput
            type="datetime-local"
            label="Ends at the latest"
            value={form.end}
            onChange={(event) => change('end', { end: event.currentTarget.value })}
            error={errorOf('end')}
          />
        </>
      )}
      {policy && <Ends form={form} policy={policy} />}
    </div>
  );
}

function Ends({ form, policy }: { form: FormState['form']; policy: PolicyChoice }) {
  const now = useNow();
  const length = form.length === 'days' ? Number(form.days) * 86_400_000 : durationMs(policy.max_duration);
  if (form.length === 'dates' || !(length > 0)) return null;
  const rollout = policy.rollout.map(({ coverage }) => percent(Math.min(coverage, 100 - policy.holdback)));
  return (
    <p className="hint">
      Started now, it ends {shortTime(now + length, now)} at the latest; with a winner then{' '}
      {rollout.join(', ')}, and {duration(durationMs(policy.watch))} of watch.
    </p>
  );
}
