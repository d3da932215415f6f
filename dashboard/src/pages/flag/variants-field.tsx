import { ActionButton } from '../../ui/action-button.js';
import { Icon } from '../../ui/icon.js';
import type { FlagDefinition } from '../../words/flag-sentences.js';
import { controlId, errorsAt, type FieldError } from './field-errors.js';
import { Errors } from './field.js';
import { JsonInput } from './json-input.js';
import type { Lock } from './use-lock.js';

type Variants = NonNullable<FlagDefinition['variants']>;
type Variant = Variants[string];

interface Props {
  variants: Variants;
  errors: readonly FieldError[];
  lock: Lock | null;
  onChange: (variants: Variants) => void;
}

/** The variants with their weights, which add up to 100, and what each serves. */
export function VariantsField({ variants, errors, lock, onChange }: Props) {
  const rows = Object.entries(variants);
  const sum = rows.reduce((all, [, { weight }]) => all + Math.round(Number(weight) * 100), 0) / 100;
  const own = errorsAt(errors, 'variants');
  const replace = (at: number, row: readonly [string, Variant]): void =>
    onChange(Object.fromEntries(rows.map((one, n) => (n === at ? row : one))));
  return (
    <fieldset>
      <legend className="label">Variants</legend>
      <div className="variant-row heads" aria-hidden="true">
        <span>Name</span>
        <span>Weight, %</span>
        <span>Serves, as JSON</span>
        <span />
      </div>
      {rows.map(([name, variant], at) => (
        <VariantRow
          key={at}
          name={name}
          variant={variant}
          bad={(part) => errorsAt(own, `variants.${name}.${part}`).length > 0}
          lockedBy={lock?.variants.includes(name) ? lock.experiment_id : null}
          isTaken={(other) => other !== name && Object.hasOwn(variants, other)}
          onChange={(row) => replace(at, row)}
          onRemove={() => onChange(Object.fromEntries(rows.filter((_, n) => n !== at)))}
        />
      ))}
      <div className="acts-row">
        <button
          type="button"
          className="btn"
          id={controlId('variants')}
          onClick={() => onChange({ ...variants, [freeName(variants)]: { weight: 0 } })}
        >
          Add a variant
        </button>
        <span className={sum === 100 ? 'muted' : 'is-hold'} role="status">
          {sum === 100 ? 'adds up to 100' : `! adds up to ${sum}`}
        </span>
      </div>
      <Errors errors={own} path="variants" />
    </fieldset>
  );
}

interface RowProps {
  name: string;
  variant: Variant;
  bad: (part: string) => boolean;
  lockedBy: string | null;
  isTaken: (name: string) => boolean;
  onChange: (row: readonly [string, Variant]) => void;
  onRemove: () => void;
}

function VariantRow({ name, variant, bad, lockedBy, isTaken, onChange, onRemove }: RowProps) {
  const { config, ...rest } = variant as Record<string, unknown> & Pick<Variant, 'weight'>;
  const id = (part: string): string => controlId(`variants.${name}.${part}`);
  return (
    <div className="variant-row">
      <span>
        <input
          className="input"
          aria-label={`Name of ${name}`}
          value={name}
          readOnly={lockedBy !== null}
          aria-describedby={lockedBy === null ? undefined : id('lock')}
          onChange={(event) => {
            const next = event.currentTarget.value;
            if (!isTaken(next)) onChange([next, variant]);
          }}
        />
        {lockedBy !== null && (
          <span className="hint" id={id('lock')}>
            <Icon name="lock" /> Experiment {lockedBy} uses it
          </span>
        )}
      </span>
      <input
        id={id('weight')}
        className={bad('weight') ? 'input bad' : 'input'}
        type="number"
        min={0}
        max={100}
        step="any"
        aria-label={`Weight of ${name}, per cent`}
        value={Number.isFinite(variant.weight) ? variant.weight : ''}
        onChange={(event) => onChange([name, { ...variant, weight: event.currentTarget.valueAsNumber || 0 }])}
      />
      <span>
        <JsonInput
          id={id('config')}
          className={bad('config') ? 'input bad' : 'input'}
          label={`What ${name} serves, as JSON`}
          placeholder={JSON.stringify(name)}
          value={config}
          onChange={(next) => onChange([name, next === undefined ? rest : { ...rest, config: next }])}
        />
      </span>
      {lockedBy === null ? (
        <button type="button" className="btn icon-only" aria-label={`Take ${name} out`} onClick={onRemove}>
          <Icon name="cross" />
        </button>
      ) : (
        <ActionButton
          onClick={() => undefined}
          why_not={`Experiment ${lockedBy} uses this variant: it stays until that ends.`}
        >
          <Icon name="lock" />
          <span className="visually-hidden">Take {name} out</span>
        </ActionButton>
      )}
    </div>
  );
}

function freeName(variants: Variants): string {
  for (let n = Object.keys(variants).length + 1; ; n += 1) {
    if (!Object.hasOwn(variants, `variant_${n}`)) return `variant_${n}`;
  }
}
