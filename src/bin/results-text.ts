// The evidence of a look for people at a terminal.
import { aligned } from './aligned.js';

/** What is shown of an answer of `GET …/results`; each may be missing or null, and the JSON has all of it. */
interface Results {
  experiment_id?: string;
  at?: string;
  units?: Record<string, number>;
  uncompared?: string | null;
  evidence?: { srm?: { alarm?: boolean }; metrics?: Metric[] } | null;
  segments?: Segment[];
  untold_units?: number | null;
  decision?: { decision?: string; reasons?: { text?: string }[] } | null;
}

interface Metric {
  metric_id: string;
  role: string;
  comparisons?: Comparison[];
}

interface Comparison {
  variant: string;
  control_value?: number | null;
  value?: number | null;
  relative?: { lift?: number | null } | null;
  valid_now?: Interval | null;
  bayes?: { chance_to_win?: number | null } | null;
  guardrail?: { status?: string; lacks?: string } | null;
}

interface Segment {
  segment: string;
  units?: Record<string, number>;
  metrics?: {
    metric_id: string;
    role: string;
    comparisons?: {
      variant: string;
      control_value?: number | null;
      value?: number | null;
      lift?: number | null;
      sequence?: Interval | null;
      discovery?: boolean;
      heterogeneity?: { differs?: boolean } | null;
    }[];
  }[];
}

interface Interval {
  lower?: number | null;
  upper?: number | null;
  relative_lower?: number | null;
  relative_upper?: number | null;
}

/** A line for each metric and treatment, in all and by segment, then what was decided and why; ends with a line break. */
export function resultsText(results: Results): string {
  const { experiment_id, at, units = {}, evidence, segments = [], uncompared, decision } = results;
  return [
    `${experiment_id ?? ''} at ${(at ?? '').slice(0, 19).replace('T', ' ')} UTC`,
    `units: ${counted(units)}`,
    ...(evidence?.srm?.alarm ? ['! the units are not split as planned: sample ratio mismatch'] : []),
    '',
    ...table(evidence?.metrics ?? [], uncompared ?? 'no metric has been compared yet'),
    '',
    ...segments.flatMap(segmentLines),
    ...(results.untold_units ? [`of ${results.untold_units} units nobody told the segments`, ''] : []),
    `decision: ${decision?.decision ?? 'none yet'}`,
    ...(decision?.reasons ?? []).map(({ text }) => `  ${text ?? ''}`),
    '--json has every number.',
    '',
  ].join('\n');
}

function counted(units: Record<string, number>): string {
  const each = Object.entries(units).map(([variant, count]) => `${variant} ${count}`);
  return each.length > 0 ? each.join(', ') : 'none';
}

/** Nothing ships for one segment, so its lines are told apart from those that decide. */
function segmentLines({ segment, units = {}, metrics = [] }: Segment): string[] {
  const rows = metrics.flatMap(({ metric_id, role, comparisons = [] }) =>
    comparisons.map((one) => [
      metric_id,
      role,
      one.variant,
      number(one.control_value),
      number(one.value),
      percent(one.lift),
      range(one.sequence),
      [one.heterogeneity?.differs && 'differs from the rest', one.discovery && 'worth a test of its own']
        .filter(Boolean)
        .join(', '),
    ]),
  );
  const header = ['metric', 'role', 'variant', 'control', 'value', 'lift', 'it lies within', 'explored'];
  return [`in ${segment}: ${counted(units)}`, ...aligned([header, ...rows]), ''];
}

const HEADER = [
  'metric',
  'role',
  'variant',
  'control',
  'value',
  'lift',
  'it lies within',
  'chance to win',
  'status',
];

/** @param none what is said where there is no metric */
function table(metrics: readonly Metric[], none: string): string[] {
  const rows = metrics.flatMap(({ metric_id, role, comparisons = [] }) =>
    comparisons.map((one) => [
      metric_id,
      role,
      one.variant,
      number(one.control_value),
      number(one.value),
      percent(one.relative?.lift),
      range(one.valid_now),
      percent(one.bayes?.chance_to_win),
      [one.guardrail?.status, one.guardrail?.lacks && `lacks ${one.guardrail.lacks}`]
        .filter(Boolean)
        .join(', '),
    ]),
  );
  if (rows.length === 0) return [none];
  return aligned([HEADER, ...rows]);
}

/** The interval that holds at any time: relative to the control where it is bounded so, else the difference. */
function range(interval: Interval | null | undefined): string {
  const { lower, upper, relative_lower, relative_upper } = interval ?? {};
  const isKnown = (one: number | null | undefined): boolean => typeof one === 'number';
  if (isKnown(relative_lower) || isKnown(relative_upper))
    return `${percent(relative_lower, '−∞')} to ${percent(relative_upper, '∞')}`;
  return isKnown(lower) || isKnown(upper) ? `difference ${number(lower)} to ${number(upper)}` : '–';
}

function percent(share: number | null | undefined, absent = '–'): string {
  return typeof share === 'number' ? `${Number((share * 100).toPrecision(3))} %` : absent;
}

function number(value: number | null | undefined): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : '–';
}
