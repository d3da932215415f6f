import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import type { KindField, MetricKind } from '../../../../src/model/metric.js';
import { eventTypesQuery } from '../../api/events.js';
import { ConditionBuilder } from '../../conditions/condition-builder.js';
import { FormField } from '../../ui/form-field.js';
import type { ControlsProps } from './json-form.js';
import {
  AGGREGATE_TEXTS,
  FIELDS_OF,
  isCounted,
  KIND_TEXTS,
  kindOf,
  ofKind,
  withAggregate,
  withField,
  type Definition,
} from './metric-fields.js';
import { MetricTrial } from './metric-trial.js';

interface PartProps {
  metric: Definition;
  onChange: (metric: Definition) => void;
  set: (field: string, value: unknown) => void;
  /** The id of the list of types that came. */
  list: string;
}

const EVENTS = {
  noun: 'property',
  example: 'property, such as plan',
  everything: 'Every event of this type: there is no condition',
};

/** The controls of a metric's form. They stand in the JSON below, and the other way round. */
export function MetricControls({ value: metric, onChange }: ControlsProps) {
  const { where = {} } = metric;
  const types = useQuery(eventTypesQuery).data?.types ?? [];
  const list = useId();
  const set = (field: string, value: unknown): void => onChange(withField(metric, field, value));
  const part = { metric, onChange, set, list };
  return (
    <div className="part">
      <datalist id={list}>
        {types.map(({ type }) => (
          <option key={type} value={type} />
        ))}
      </datalist>
      <div className="key-form">
        <What {...part} />
        <OfKind {...part} />
        <When {...part} />
      </div>
      {typeof where === 'object' && where !== null && !Array.isArray(where) && (
        <div className="part">
          <h3 className="h2">Only events where</h3>
          <ConditionBuilder
            label="Only events where"
            conditions={where as Record<string, unknown>}
            onChange={(next) => set('where', Object.keys(next).length === 0 ? undefined : next)}
            segments={null}
            of={EVENTS}
          />
          <p className="hint">
            18 is a number, &quot;18&quot; is text; value is the event&apos;s own value. Only properties that
            a metric names are kept: a new one is, from the moment that this is saved.
          </p>
        </div>
      )}
      <div className="part">
        <MetricTrial definition={metric} />
      </div>
    </div>
  );
}

function What({ metric, onChange, set, list }: PartProps) {
  return (
    <>
      <FormField label="Kind" hint="How units become one number" error={undefined}>
        {(props) => (
          <select
            {...props}
            value={kindOf(metric)}
            onChange={(event) => onChange(ofKind(metric, event.currentTarget.value as MetricKind))}
          >
            {Object.entries(KIND_TEXTS).map(([kind, text]) => (
              <option key={kind} value={kind}>
                {text}
              </option>
            ))}
          </select>
        )}
      </FormField>
      <TextField
        label="Event"
        hint="The type of the events that count"
        field="event"
        {...{ metric, set, list }}
      />
      <FormField label="Better is" hint="Which way is good" error={undefined}>
        {(props) => (
          <select
            {...props}
            value={textOf(metric['direction'])}
            onChange={(event) => set('direction', event.currentTarget.value)}
          >
            <option value="increase">more</option>
            <option value="decrease">less</option>
          </select>
        )}
      </FormField>
    </>
  );
}

/** The fields that only some kinds have. */
function OfKind(props: PartProps) {
  const { metric, onChange, set, list } = props;
  const has = (field: KindField): boolean => FIELDS_OF[kindOf(metric)].includes(field);
  const byDefault = kindOf(metric) === 'ratio' ? 'count' : 'sum';
  return (
    <>
      {has('denominator_event') && (
        <TextField
          label="Divided by"
          hint="The number of these events"
          field="denominator_event"
          {...{ metric, set, list }}
        />
      )}
      {has('quantile') && (
        <NumberField
          label="Quantile"
          hint="0.95: what 95 % stay below"
          field="quantile"
          metric={metric}
          set={set}
        />
      )}
      {has('aggregate') && (
        <FormField label="A unit's events make" hint="Its own number" error={undefined}>
          {(control) => (
            <select
              {...control}
              value={textOf(metric['aggregate'] ?? byDefault)}
              onChange={(event) => onChange(withAggregate(metric, event.currentTarget.value))}
            >
              {Object.entries(AGGREGATE_TEXTS).map(([aggregate, text]) => (
                <option key={aggregate} value={aggregate}>
                  {text}
                </option>
              ))}
            </select>
          )}
        </FormField>
      )}
      {has('value') && !isCounted(metric) && (
        <TextField
          label="The number is"
          hint="A property; empty: the event's own value"
          field="value"
          metric={metric}
          set={set}
        />
      )}
      {has('cap') && <Cap {...props} />}
    </>
  );
}

function Cap({ metric: { cap }, set }: PartProps) {
  const isPercentile = typeof cap === 'object' && cap !== null;
  const percentile = isPercentile ? (cap as { percentile?: unknown }).percentile : undefined;
  const way = cap === undefined ? 'none' : isPercentile ? 'percentile' : 'number';
  return (
    <>
      <FormField label="Cap" hint="A few extreme units may hide every effect" error={undefined}>
        {(props) => (
          <select
            {...props}
            value={way}
            onChange={(event) => set('cap', CAPS[event.currentTarget.value as keyof typeof CAPS])}
          >
            <option value="none">none</option>
            <option value="number">at a value</option>
            <option value="percentile">at a percentile of units</option>
          </select>
        )}
      </FormField>
      {way !== 'none' && (
        <FormField
          label={isPercentile ? 'Percentile' : 'Greatest value'}
          hint={isPercentile ? 'From 90 to below 100; a start freezes it from history' : 'Of a unit'}
          error={undefined}
        >
          {(props) => (
            <input
              {...props}
              type="number"
              step="any"
              value={textOf(isPercentile ? percentile : cap)}
              onChange={({ currentTarget: { value } }) => {
                const number = value === '' ? 0 : Number(value);
                set('cap', isPercentile ? { percentile: number } : number);
              }}
            />
          )}
        </FormField>
      )}
    </>
  );
}

const CAPS = { none: undefined, number: 100, percentile: { percentile: 99.9 } };

function When({ metric, set }: PartProps) {
  return (
    <>
      <TextField
        label="Window"
        hint="7d after the first exposure; empty: without end"
        field="window"
        metric={metric}
        set={set}
      />
      <TextField
        label="Delay"
        hint="1d: only from then on; shorter than the window"
        field="delay"
        metric={metric}
        set={set}
      />
      <NumberField
        label="Scale"
        hint="100 keeps two decimals; empty: whole numbers"
        field="scale"
        metric={metric}
        set={set}
      />
    </>
  );
}

interface FieldProps {
  label: string;
  hint: string;
  field: string;
  metric: Definition;
  set: (field: string, value: unknown) => void;
  /** The id of a list of what may be meant. */
  list?: string;
}

function TextField({ label, hint, field, metric, set, list }: FieldProps) {
  return (
    <FormField label={label} hint={hint} error={undefined}>
      {(props) => (
        <input
          {...props}
          value={textOf(metric[field])}
          onChange={(event) => set(field, event.currentTarget.value)}
          list={list}
          spellCheck={false}
        />
      )}
    </FormField>
  );
}

function NumberField({ label, hint, field, metric, set }: FieldProps) {
  return (
    <FormField label={label} hint={hint} error={undefined}>
      {(props) => (
        <input
          {...props}
          type="number"
          step="any"
          value={textOf(metric[field])}
          onChange={({ currentTarget: { value } }) => set(field, value === '' ? undefined : Number(value))}
        />
      )}
    </FormField>
  );
}

/** What a field holds, as it is typed; nothing where it is no text and no number. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
