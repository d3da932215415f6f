import { MultiSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Card } from '../../ui/card.js';
import { metricsQuery, type MetricChoice, type Validation } from './choices.js';
import type { FormState } from './form-state.js';
import { withOwn } from './what.js';

const ROLES = [
  ['primary', 'Primary, decides', 'What it should move'],
  ['guardrail', 'Guardrails, protect', 'Roll it back where they are harmed'],
  ['secondary', 'Secondaries, exploratory', 'Shown, and decide nothing'],
] as const;

type Role = (typeof ROLES)[number][0];

/** What is measured, and what each of it is for. */
export function Metrics(props: FormState & { warnings: Validation['warnings'] }) {
  const metrics = useQuery(metricsQuery).data ?? [];
  const [primary, guardrail, secondary] = ROLES;
  return (
    <Card title="Metrics">
      <div className="fields">
        <Picker {...props} role={primary} metrics={metrics} />
        <div className="two">
          <div className="fields">
            <Picker {...props} role={guardrail} metrics={metrics} />
            {props.warnings
              .filter(({ code }) => code === 'guardrail_unseen')
              .map(({ text }) => (
                <p key={text} className="hint is-hold">
                  {text}
                </p>
              ))}
          </div>
          <Picker {...props} role={secondary} metrics={metrics} />
        </div>
      </div>
    </Card>
  );
}

interface PickerProps extends FormState {
  role: readonly [Role, string, string];
  metrics: readonly MetricChoice[];
}

function Picker({ form, change, errorOf, role: [role, label, description], metrics }: PickerProps) {
  const others = new Set(ROLES.flatMap(([other]) => (other === role ? [] : form[other])));
  const known = new Map(metrics.map((metric) => [metric.metric_id, metric]));
  const data = withOwn([...known.keys()], form[role]).map((value) => ({
    value,
    disabled: others.has(value),
  }));
  return (
    <MultiSelect
      label={label}
      description={description}
      data={data.map(({ value, disabled }) => ({ value, label: value, disabled }))}
      value={form[role]}
      onChange={(chosen) => change(role, { [role]: chosen })}
      error={errorOf(role)}
      placeholder={form[role].length === 0 ? 'Add…' : undefined}
      searchable
      hidePickedOptions
      clearable
      nothingFoundMessage="No metric of this name"
      renderOption={({ option }) => (
        <span>
          {option.value}
          <span className="sub">{described(known.get(option.value), others.has(option.value))}</span>
        </span>
      )}
    />
  );
}

const KINDS: Record<MetricChoice['kind'], string> = {
  proportion: 'share of people',
  mean: 'mean',
  ratio: 'ratio',
  quantile: 'quantile',
  error_rate: 'error rate',
};

function described(metric: MetricChoice | undefined, isTaken: boolean): string {
  if (isTaken) return 'Has another role already';
  if (!metric) return 'Is no metric here';
  const way = metric.direction === 'increase' ? 'more is better' : 'less is better';
  const window = metric.window === undefined ? '' : `, within ${metric.window}`;
  return `${KINDS[metric.kind]} of ${metric.event}, ${way}${window}`;
}
