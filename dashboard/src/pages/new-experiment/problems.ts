import type { Form, FormError } from './form.js';

/** What is wrong, by the field where it is said; what has no field is said above all of them. */
export interface Problems {
  fields: Readonly<Record<string, string[]>>;
  summary: string[];
  count: number;
}

/** The fields of the form, by the paths of a definition. */
const FIELDS: Readonly<Record<string, string>> = {
  experiment_id: 'id',
  name: 'name',
  hypothesis: 'hypothesis',
  variants: 'arms',
  control: 'control',
  'success_metrics.primary': 'primary',
  'success_metrics.guardrail': 'guardrail',
  'success_metrics.secondary': 'secondary',
  'target_audience.include': 'include',
  'target_audience.exclude': 'exclude',
  'target_audience.sample_size': 'sample_size',
  segments: 'segments',
  flag_id: 'flag',
  layer_id: 'layer',
  layer_share: 'layer_share',
  policy_id: 'policy',
  environment: 'environment',
  start_date: 'start',
  end_date: 'end',
  'start.duration': 'days',
  tags: 'tags',
};

/** Sorts errors to their fields, else to their group, else to the summary. */
export function problemsOf(errors: readonly FormError[], form: Form): Problems {
  const fields: Record<string, string[]> = {};
  const summary: string[] = [];
  for (const { path, message } of errors) {
    const field = fieldOf(path, form);
    if (field === null) summary.push(path === '' ? sentence(message) : `${path} ${message}`);
    else (fields[field] ??= []).push(sentence(message));
  }
  return { fields, summary, count: errors.length };
}

/** The field at which a path is said; null where there is none. */
export function fieldOf(path: string, form: Form): string | null {
  if (path.startsWith('arms.')) return path;
  if (path.startsWith('variants.')) {
    const index = form.arms.findIndex(({ name }) => isAt(path, `variants.${name}`));
    if (index === -1) return 'arms';
    const part = path.slice(`variants.${form.arms[index]!.name}.`.length).split('.')[0]!;
    return `arms.${index}.${part === 'traffic' || part === 'config' ? part : 'name'}`;
  }
  // Where no dates are given, the end is the policy's.
  if (path === 'end_date' && form.length === 'policy') return 'policy';
  const known = Object.keys(FIELDS).find((name) => isAt(path, name));
  return known === undefined ? null : FIELDS[known]!;
}

function isAt(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}.`);
}

function sentence(message: string): string {
  const text = `${message[0]?.toUpperCase() ?? ''}${message.slice(1)}`;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What is shown: everything once somebody tried to save, and before that only what was touched. */
export function shownProblems(problems: Problems, touched: ReadonlySet<string> | 'all'): Problems {
  if (touched === 'all') return problems;
  const fields = Object.fromEntries(
    Object.entries(problems.fields).filter(
      ([field]) => touched.has(field) || touched.has(field.split('.')[0]!),
    ),
  );
  const count = Object.values(fields).flat().length + problems.summary.length;
  return { fields, summary: problems.summary, count };
}
