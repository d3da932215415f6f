import type { z } from 'zod';
import { conditionErrors } from '../assignment/condition.js';
import { checkedConditions, portableConditions, type PortableConditions } from '../model/conditions.js';
import { KIND_FIELDS, metricFields, type Metric, type MetricDocument } from '../model/metric.js';
import { isPropertyName, MOST_PROPERTIES, OWN_VALUE, PROPERTY_NAME_RULE } from '../model/property.js';
import { KINDS } from './kinds.js';
import { namesIn } from './named-properties.js';

type Fields = z.output<typeof metricFields>;
type Translate = (conditions: Record<string, unknown>) => PortableConditions;
type Wrong = (path: (string | number)[], message: string) => void;

/** A metric that is checked, and made into what the engine can count. */
function schemaBy(translate: Translate) {
  return metricFields
    .superRefine((metric, context) => {
      const wrong: Wrong = (path, message) => context.addIssue({ code: 'custom', path, message });
      checkFields(metric, wrong);
      checkValue(metric, wrong);
      checkConditions(metric, translate, wrong);
      checkNames(metric, wrong);
    })
    .transform(({ cap, where, value, ...metric }): Metric => ({
      ...metric,
      ...(value !== undefined && value !== OWN_VALUE && { value }),
      ...(where && Object.keys(where).length > 0 && { where: JSON.stringify(translate(where).conditions) }),
      ...(typeof cap === 'number' && { cap }),
      ...(typeof cap === 'object' && { cap_percentile: cap.percentile }),
    }));
}

/** Parses a metric as people write it (`MetricDocument`) into one that the engine can count (`Metric`). */
export const metricSchema = schemaBy(checkedConditions);

const acceptedSchema = schemaBy(portableConditions);

/** A metric that was accepted before, as the engine counts it. Its patterns are not judged again, which takes time. */
export function acceptedMetric(document: MetricDocument): Metric {
  return acceptedSchema.parse(document);
}

function checkFields(metric: Fields, wrong: Wrong): void {
  const { kind, delay, window } = metric;
  for (const field of KIND_FIELDS) {
    const use = KINDS[kind].fields[field];
    if (metric[field] !== undefined && !use) wrong([field], `a metric of kind ${kind} has no ${field}`);
    if (metric[field] === undefined && use === 'required')
      wrong([field], `a metric of kind ${kind} needs it`);
  }
  if (delay !== undefined && (window === undefined || delay >= window)) {
    wrong(['delay'], 'must be shorter than the window');
  }
}

function checkValue({ kind, value, aggregate }: Fields, wrong: Wrong): void {
  const { ownNumber, fields } = KINDS[kind];
  if (value === undefined || !fields.value) return;
  if (ownNumber && (aggregate ?? ownNumber.aggregate) === 'count')
    wrong(
      ['value'],
      'events are counted here, whatever their values: leave it out, or set aggregate to sum, max or last',
    );
}

function checkConditions({ where }: Fields, translate: Translate, wrong: Wrong): void {
  if (where === undefined) return;
  const { conditions, groups, errors } = translate(where);
  for (const { path, message } of errors.length > 0 ? errors : conditionErrors(conditions))
    wrong(['where', ...path], message);
  if (groups.length > 0)
    wrong(['where'], 'events are in no segments: write the conditions in place of $inGroup and $notInGroup');
  for (const { name, path } of namesIn(where))
    if (!isPropertyName(name)) wrong(['where', ...path], PROPERTY_NAME_RULE);
}

function checkNames({ where, value, personal_properties = [] }: Fields, wrong: Wrong): void {
  const names = new Set([...namesIn(where).map(({ name }) => name), ...(value === undefined ? [] : [value])]);
  names.delete(OWN_VALUE);
  if (names.size > MOST_PROPERTIES)
    wrong(['where'], `a metric names at most ${MOST_PROPERTIES} properties, and this one ${names.size}`);
  for (const [index, name] of personal_properties.entries())
    if (!names.has(name))
      wrong(
        ['personal_properties', index],
        'is no property that this metric names: name it in where or value, or leave it out',
      );
}
