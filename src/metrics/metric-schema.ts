import { KIND_FIELDS, metricFields } from '../model/metric.js';
import { KINDS } from './kinds.js';

/** Parses a metric as people write it (`MetricDocument`) into one that the engine can count (`Metric`). */
export const metricSchema = metricFields.superRefine((metric, context) => {
  const { kind, delay, window } = metric;
  const wrong = (field: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [field], message });
  for (const field of KIND_FIELDS) {
    const use = KINDS[kind].fields[field];
    if (metric[field] !== undefined && !use) wrong(field, `a metric of kind ${kind} has no ${field}`);
    if (metric[field] === undefined && use === 'required') wrong(field, `a metric of kind ${kind} needs it`);
  }
  if (delay !== undefined && (window === undefined || delay >= window)) {
    wrong('delay', 'must be shorter than the window');
  }
});
