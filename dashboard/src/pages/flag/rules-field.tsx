import { ConditionBuilder } from '../../conditions/condition-builder.js';
import { Icon } from '../../ui/icon.js';
import type { FlagDefinition } from '../../words/flag-sentences.js';
import { kindOf } from '../../words/flags.js';
import { controlId, errorsAt, type FieldError } from './field-errors.js';
import { Errors } from './field.js';
import { JsonInput } from './json-input.js';

type Rule = NonNullable<FlagDefinition['rules']>[number];

interface Props {
  flag: FlagDefinition;
  errors: readonly FieldError[];
  segments: string[];
  onChange: (rules: Rule[] | undefined) => void;
}

/** The rules in their order: the first whose conditions hold decides. */
export function RulesField({ flag, errors, segments, onChange }: Props) {
  const rules = flag.rules ?? [];
  const own = errorsAt(errors, 'rules');
  const put = (next: Rule[]): void => onChange(next.length > 0 ? next : undefined);
  const moved = (at: number, by: number): Rule[] => {
    const next = rules.filter((_, n) => n !== at);
    next.splice(at + by, 0, rules[at]!);
    return next;
  };
  return (
    <fieldset id={controlId('rules')} tabIndex={-1}>
      <legend className="label">Rules</legend>
      <span className="hint">The first that holds decides, before all below it.</span>
      {rules.map((rule, at) => (
        <div className="rule" key={at} role="group" aria-label={`Rule ${at + 1}`}>
          <div className="rule-head">
            <b>Rule {at + 1}</b>
            <button
              type="button"
              className="link"
              disabled={at === 0}
              aria-label={`Rule ${at + 1} earlier`}
              onClick={() => put(moved(at, -1))}
            >
              Earlier
            </button>
            <button
              type="button"
              className="link"
              disabled={at === rules.length - 1}
              aria-label={`Rule ${at + 1} later`}
              onClick={() => put(moved(at, 1))}
            >
              Later
            </button>
            <button
              type="button"
              className="icon-button"
              aria-label={`Remove rule ${at + 1}`}
              onClick={() => put(rules.filter((_, n) => n !== at))}
            >
              <Icon name="cross" />
            </button>
          </div>
          <ConditionBuilder
            label={`Whom rule ${at + 1} is for`}
            conditions={rule.conditions}
            onChange={(conditions) => put(rules.map((one, n) => (n === at ? { ...rule, conditions } : one)))}
            segments={segments}
          />
          <RuleGets
            flag={flag}
            rule={rule}
            number={at + 1}
            onChange={(next) => put(rules.map((one, n) => (n === at ? next : one)))}
          />
        </div>
      ))}
      <Errors errors={own} path="rules" />
      <div className="acts-row">
        <button type="button" className="btn" onClick={() => put([...rules, newRule(flag)])}>
          Add a rule
        </button>
      </div>
    </fieldset>
  );
}

function newRule(flag: FlagDefinition): Rule {
  const value = {
    boolean: true,
    multivariate: Object.keys(flag.variants ?? {})[0] ?? '',
    config: flag.default as unknown,
  };
  return { conditions: {}, value: value[kindOf(flag)] };
}

interface GetsProps {
  flag: FlagDefinition;
  rule: Rule;
  number: number;
  onChange: (rule: Rule) => void;
}

function RuleGets({ flag, rule, number, onChange }: GetsProps) {
  const { variants, ...rest } = rule;
  const label = `What rule ${number} gives`;
  if (variants !== undefined) {
    const shares = Object.entries(variants).map(([name, weight]) => `${name} ${weight} %`);
    return <span className="hint">Gets {shares.join(', ')}; the shares are changed in the JSON.</span>;
  }
  const set = (value: unknown): void => onChange({ ...rest, value });
  switch (kindOf(flag)) {
    case 'config':
      return (
        <label className="gets">
          gets{' '}
          <JsonInput
            id={controlId(`rules.${number - 1}.value`)}
            className="input"
            label={`${label}, as JSON`}
            value={rule.value as unknown}
            onChange={set}
          />
        </label>
      );
    case 'boolean':
      return (
        <Choice
          label={label}
          value={String(rule.value)}
          names={ON_OFF}
          onChange={(is) => set(is === 'true')}
        />
      );
    case 'multivariate': {
      const names = Object.keys(flag.variants ?? {}).map((name) => [name, name] as const);
      return <Choice label={label} value={String(rule.value)} names={names} onChange={set} />;
    }
  }
}

const ON_OFF = [
  ['true', 'on'],
  ['false', 'off'],
] as const;

interface ChoiceProps {
  label: string;
  value: string;
  names: readonly (readonly [value: string, words: string])[];
  onChange: (value: string) => void;
}

function Choice({ label, value, names, onChange }: ChoiceProps) {
  return (
    <label className="gets">
      gets{' '}
      <select
        className="input"
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {!names.some(([one]) => one === value) && <option value={value}>{value} (not there)</option>}
        {names.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
