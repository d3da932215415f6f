import { Switch, TagsInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { segmentsQuery } from '../../api/flags.js';
import type { FlagDefinition } from '../../words/flag-sentences.js';
import { kindOf } from '../../words/flags.js';
import { controlId, type FieldError } from './field-errors.js';
import { Field } from './field.js';
import { JsonInput } from './json-input.js';
import type { Lock } from './use-lock.js';
import { RulesField } from './rules-field.js';
import { VariantsField } from './variants-field.js';

interface Props {
  flag: FlagDefinition;
  errors: readonly FieldError[];
  lock: Lock | null;
  onChange: (flag: FlagDefinition) => void;
}

/** The fields that the form has; all else stands in the JSON beside. */
export const FORM_FIELDS = [
  ...['description', 'enabled', 'environments', 'target_segments', 'rollout_percentage'],
  ...['variants', 'off_variant', 'value_type', 'default', 'rules'],
];

/** Whether the form can show what the JSON says: people type anything. */
export function fitsForm(flag: FlagDefinition): boolean {
  const { enabled, description, environments, target_segments, variants, rules } = flag as Record<
    string,
    unknown
  >;
  const isTexts = (list: unknown): boolean =>
    list === undefined || (Array.isArray(list) && list.every((one) => typeof one === 'string'));
  const isObject = (one: unknown): one is object =>
    typeof one === 'object' && one !== null && !Array.isArray(one);
  const isRule = (one: unknown): boolean => {
    if (!isObject(one)) return false;
    const { conditions, variants: shares } = one as Record<string, unknown>;
    return isObject(conditions) && (shares === undefined || isObject(shares));
  };
  return (
    (enabled === undefined || typeof enabled === 'boolean') &&
    (description === undefined || typeof description === 'string') &&
    isTexts(environments) &&
    isTexts(target_segments) &&
    (variants === undefined || (isObject(variants) && Object.values(variants).every(isObject))) &&
    (rules === undefined || (Array.isArray(rules) && rules.every(isRule)))
  );
}

/** The common fields of a flag. */
export function FlagForm({ flag, errors, lock, onChange }: Props) {
  const segments = useQuery(segmentsQuery).data ?? [];
  const set = (part: { [Key in keyof FlagDefinition]?: FlagDefinition[Key] | undefined }): void => {
    const next = Object.entries({ ...flag, ...part }).filter(([, value]) => value !== undefined);
    onChange(Object.fromEntries(next) as unknown as FlagDefinition);
  };
  return (
    <div className="fields">
      <Field
        path="enabled"
        label="On"
        errors={errors}
        hint="Off: everybody gets what it serves where it does not apply."
      >
        {({ id, ...props }) => (
          <Switch
            id={id}
            aria-describedby={props['aria-describedby']}
            checked={flag.enabled ?? true}
            onChange={(event) => set({ enabled: event.currentTarget.checked })}
          />
        )}
      </Field>
      <Field path="description" label="What it is for" errors={errors}>
        {(props) => (
          <textarea
            {...props}
            rows={2}
            value={flag.description ?? ''}
            onChange={(event) => set({ description: event.currentTarget.value || undefined })}
          />
        )}
      </Field>
      <RulesField flag={flag} errors={errors} segments={segments} onChange={(rules) => set({ rules })} />
      <KindFields flag={flag} errors={errors} lock={lock} onChange={onChange} set={set} />
      <Names
        path="target_segments"
        label="Only for segments"
        hint="Units in any of these. None: for every unit."
        names={flag.target_segments}
        known={segments}
        errors={errors}
        onChange={(target_segments) => set({ target_segments })}
      />
      <Names
        path="environments"
        label="Only in environments"
        hint="None: in every environment."
        names={flag.environments}
        known={[]}
        errors={errors}
        onChange={(environments) => set({ environments })}
      />
    </div>
  );
}

interface NamesProps {
  path: string;
  label: string;
  hint: string;
  names: string[] | undefined;
  known: string[];
  errors: readonly FieldError[];
  onChange: (names: string[] | undefined) => void;
}

/** A list of names; an empty one is left out, because it would be for nothing. */
function Names({ path, label, hint, names, known, errors, onChange }: NamesProps) {
  return (
    <Field path={path} label={label} hint={hint} errors={errors}>
      {({ id, ...props }) => (
        <TagsInput
          id={id}
          aria-describedby={props['aria-describedby']}
          error={props['aria-invalid']}
          data={known}
          value={names ?? []}
          onChange={(next) => onChange(next.length > 0 ? next : undefined)}
          clearable
        />
      )}
    </Field>
  );
}

interface KindProps extends Props {
  set: (part: { [Key in keyof FlagDefinition]?: FlagDefinition[Key] | undefined }) => void;
}

function KindFields({ flag, errors, lock, onChange, set }: KindProps) {
  switch (kindOf(flag)) {
    case 'boolean':
      return (
        <Field
          path="rollout_percentage"
          label="On for, per cent of units"
          hint="Left out: for all whom the flag is for."
          errors={errors}
        >
          {(props) => (
            <input
              {...props}
              type="number"
              min={0}
              max={100}
              step="any"
              value={flag.rollout_percentage ?? ''}
              onChange={({ currentTarget: { value, valueAsNumber } }) =>
                set({ rollout_percentage: value === '' ? undefined : valueAsNumber })
              }
            />
          )}
        </Field>
      );
    case 'multivariate':
      return (
        <>
          <VariantsField
            variants={flag.variants!}
            errors={errors}
            lock={lock}
            onChange={(variants) => set({ variants })}
          />
          <OffVariant flag={flag} errors={errors} set={set} />
        </>
      );
    case 'config':
      return (
        <>
          <Field
            path="value_type"
            label="Type of its value"
            errors={errors}
            hint={
              lock
                ? `Experiment ${lock.experiment_id} runs on it: the type stays until that ends.`
                : undefined
            }
          >
            {(props) => (
              <select
                {...props}
                value={flag.value_type ?? ''}
                disabled={lock !== null}
                onChange={(event) =>
                  set({ value_type: event.currentTarget.value as FlagDefinition['value_type'] })
                }
              >
                {['string', 'number', 'boolean', 'object'].map((type) => (
                  <option key={type}>{type}</option>
                ))}
              </select>
            )}
          </Field>
          <Field
            path="default"
            label="Value, as JSON"
            errors={errors}
            hint="Segments with other values: in the JSON."
          >
            {(props) => (
              <JsonInput
                id={props.id}
                className={props.className}
                describedBy={props['aria-describedby']}
                value={flag.default as unknown}
                onChange={(value) => onChange({ ...flag, default: value })}
              />
            )}
          </Field>
        </>
      );
  }
}

const CODE_DEFAULT = '\u0000';

function OffVariant({ flag, errors, set }: Pick<KindProps, 'flag' | 'errors' | 'set'>) {
  const names = Object.keys(flag.variants ?? {});
  const usual = names.includes('control') ? 'control' : names[0];
  return (
    <Field path="off_variant" label="Where it does not apply" errors={errors}>
      {(props) => (
        <select
          {...props}
          id={controlId('off_variant')}
          value={flag.off_variant === null ? CODE_DEFAULT : (flag.off_variant ?? '')}
          onChange={({ currentTarget: { value } }) =>
            set({ off_variant: value === '' ? undefined : value === CODE_DEFAULT ? null : value })
          }
        >
          <option value="">{usual ?? 'the first variant'}, as usual</option>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
          <option value={CODE_DEFAULT}>the code's own default</option>
        </select>
      )}
    </Field>
  );
}

export const FLAG_FORM_HINT =
  'Shares, schedules and audiences of rules, and schedule, prerequisites, values of segments, metadata, tags and owner of the flag are written here.';
