import { KIND_FIELDS, metricFields, type Metric } from '../model/metric.js';
import { KINDS } from './kinds.js';

const checkedFields = metricFields.superRefine((metric, context) => {
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

/** Parses a metric as people write it (`MetricDocument`) into one that the engine can count (`Metric`). */
export const metricSchema = checkedFields.transform(({ cap, ...metric }): Metric => {
  if (cap === undefined) return metric;
  return typeof cap === 'number' ? { ...metric, cap } : { ...metric, cap_percentile: cap.percentile };
});
