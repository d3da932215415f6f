import type { ExperimentInput } from '../../../../src/model/experiment.js';

/** An arm as it is typed; `key` stays the same while its name changes. */
export interface ArmFields {
  key: number;
  name: string;
  traffic: string;
  /** JSON, or nothing. */
  config: string;
}

/** How long the experiment is to run: as long as the policy lets it, some days from its start, or between dates. */
export type Length = 'policy' | 'days' | 'dates';

/** The form as it is typed: text stays text until it is sent. */
export interface Form {
  name: string;
  /** Null while it follows the name. */
  id: string | null;
  hypothesis: string;
  arms: ArmFields[];
  control: number;
  primary: string[];
  guardrail: string[];
  secondary: string[];
  include: string[];
  exclude: string[];
  /** In which harm is looked for, too. */
  segments: string[];
  sample_size: string;
  flag: string | null;
  layer: string | null;
  layer_share: string;
  policy: string;
  environment: string | null;
  length: Length;
  days: string;
  /** As a date field has it: local, without a zone. */
  start: string;
  end: string;
  tags: string[];
  /** Fields of an imported definition that the form does not show; they are kept. */
  more: Record<string, unknown>;
}

export type Definition = Record<string, unknown>;

/** What is wrong with a text before anybody else sees it. */
export interface FormError {
  path: string;
  code: string;
  message: string;
}

export function emptyForm(environment: string | null): Form {
  return {
    name: '',
    id: null,
    hypothesis: '',
    arms: [arm(0, 'control', '50'), arm(1, 'treatment', '50')],
    control: 0,
    primary: [],
    guardrail: ['error_rate'],
    secondary: [],
    include: [],
    exclude: [],
    segments: [],
    sample_size: '',
    flag: null,
    layer: null,
    layer_share: '100',
    policy: 'standard',
    environment,
    length: 'policy',
    days: '14',
    start: '',
    end: '',
    tags: [],
    more: {},
  };
}

function arm(key: number, name: string, traffic: string, config = ''): ArmFields {
  return { key, name, traffic, config };
}

/** An id made of a name: `Shorter search page` is `shorter_search_page`. */
export function idFrom(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 128);
}

export function idOf({ id, name }: Pick<Form, 'id' | 'name'>): string {
  return id ?? idFrom(name);
}

/** What the traffic of all arms adds up to; null where one of them is no number. */
export function trafficOf(arms: readonly ArmFields[]): number | null {
  const shares = arms.map(({ traffic }) => numberIn(traffic));
  if (shares.some((share) => typeof share !== 'number')) return null;
  return (shares as number[]).reduce((sum, share) => sum + Math.round(share * 100), 0) / 100;
}

/** Shares of 100 as even as hundredths allow. */
export function evenShares(arms: readonly ArmFields[]): ArmFields[] {
  const each = Math.floor(10_000 / arms.length);
  const left = 10_000 - each * arms.length;
  return arms.map((one, index) => ({ ...one, traffic: String((each + (index < left ? 1 : 0)) / 100) }));
}

/** One more arm, with a name that is free; all have even shares again where they had them before. */
export function withArm(form: Form): Form {
  const key = Math.max(...form.arms.map((one) => one.key)) + 1;
  const names = form.arms.map(({ name }) => name);
  let number = form.arms.length;
  while (names.includes(`treatment_${number}`)) number += 1;
  const areEven = new Set(form.arms.map(({ traffic }) => traffic)).size === 1;
  const arms = [...form.arms, arm(key, `treatment_${number}`, areEven ? '' : '0')];
  return { ...form, arms: areEven ? evenShares(arms) : arms };
}

/** The definition that the form describes, and what cannot be sent as it is typed. */
export function definitionOf(form: Form, owner: string): { definition: Definition; errors: FormError[] } {
  const errors: FormError[] = [];
  const control = form.arms.find(({ key }) => key === form.control) ?? form.arms[0];
  const definition: Definition = {
    ...form.more,
    experiment_id: idOf(form),
    ...(form.name.trim() !== '' && { name: form.name.trim() }),
    ...(form.hypothesis.trim() !== '' && { hypothesis: form.hypothesis.trim() }),
    variants: variantsOf(form.arms, errors),
    ...(control && { control: control.name }),
    success_metrics: { primary: form.primary, guardrail: form.guardrail, secondary: form.secondary },
    target_audience: {
      include: form.include,
      exclude: form.exclude,
      ...(form.sample_size.trim() !== '' && { sample_size: numberIn(form.sample_size) }),
    },
    ...(form.segments.length > 0 && { segments: form.segments }),
    ...(form.flag !== null && { flag_id: form.flag }),
    ...(form.layer !== null && { layer_id: form.layer, layer_share: numberIn(form.layer_share) }),
    policy_id: form.policy,
    ...(form.environment !== null && { environment: form.environment }),
    ...(form.length === 'dates' && datesOf(form)),
    tags: form.tags,
    owner,
  };
  return { definition, errors };
}

/** The body of a start: the days, where the length is given in days. */
export function startOf({ length, days }: Pick<Form, 'length' | 'days'>): { duration?: string } {
  return length === 'days' ? { duration: `${days.trim()}d` } : {};
}

/** A draft has dates, not a length: days count from when it is saved. */
export function draftOf(definition: Definition, { length, days }: Form, now: number): Definition {
  const number = numberIn(days);
  if (length !== 'days' || typeof number !== 'number') return definition;
  const end = now + number * 86_400_000;
  return {
    ...definition,
    start_date: new Date(now).toISOString(),
    end_date: new Date(end).toISOString(),
  };
}

function variantsOf(arms: readonly ArmFields[], errors: FormError[]): Record<string, unknown> {
  const variants: Record<string, unknown> = {};
  for (const [index, { name, traffic, config }] of arms.entries()) {
    if (name in variants) {
      errors.push({
        path: `arms.${index}.name`,
        code: 'invalid_value',
        message: 'has the name of another arm',
      });
    }
    variants[name] = { traffic: numberIn(traffic), ...configOf(config, index, errors) };
  }
  return variants;
}

function configOf(config: string, index: number, errors: FormError[]): { config?: unknown } {
  if (config.trim() === '') return {};
  try {
    return { config: JSON.parse(config) as unknown };
  } catch {
    const message = 'is not JSON: texts stand in double quotes, such as "short"';
    errors.push({ path: `arms.${index}.config`, code: 'invalid_value', message });
    return {};
  }
}

function datesOf({ start, end }: Form): Definition {
  return { ...(start !== '' && { start_date: iso(start) }), ...(end !== '' && { end_date: iso(end) }) };
}

function iso(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? local : at.toISOString();
}

/** A number, or the text as it is, which the API then names as no number. */
function numberIn(text: string): number | string {
  const trimmed = text.trim().replace(',', '.');
  const number = Number(trimmed);
  return trimmed === '' || !Number.isFinite(number) ? text : number;
}

const SHOWN = new Set([
  'experiment_id',
  'name',
  'hypothesis',
  'variants',
  'control',
  'success_metrics',
  'target_audience',
  'segments',
  'flag_id',
  'layer_id',
  'layer_share',
  'policy_id',
  'environment',
  'start_date',
  'end_date',
  'tags',
  'owner',
]);

/** The form of a definition that came from elsewhere. What does not fit in is left for the validation to name. */
export function formOf(definition: Definition, before: Form): Form {
  const given = definition as Partial<ExperimentInput>;
  const arms = Object.entries(given.variants ?? {}).map(([name, variant], key) =>
    arm(
      key,
      name,
      textOf(variant?.traffic),
      variant?.config === undefined ? '' : JSON.stringify(variant.config),
    ),
  );
  const control = arms.findIndex(({ name }) => name === (given.control ?? 'control'));
  const { primary, guardrail, secondary } = given.success_metrics ?? { primary: [] };
  const { include, exclude, sample_size } = given.target_audience ?? {};
  return {
    name: textOf(given.name),
    id: textOf(given.experiment_id),
    hypothesis: textOf(given.hypothesis),
    arms: arms.length > 0 ? arms : before.arms,
    control: arms.length > 0 ? Math.max(0, control) : before.control,
    primary: textsOf(primary),
    guardrail: textsOf(guardrail),
    secondary: textsOf(secondary),
    include: textsOf(include),
    exclude: textsOf(exclude),
    segments: textsOf(given.segments),
    sample_size: textOf(sample_size),
    flag: given.flag_id ?? null,
    layer: given.layer_id ?? null,
    layer_share: textOf(given.layer_share ?? 100),
    policy: given.policy_id ?? 'standard',
    environment: given.environment ?? before.environment,
    length: given.start_date !== undefined || given.end_date !== undefined ? 'dates' : before.length,
    days: before.days,
    start: localOf(given.start_date),
    end: localOf(given.end_date),
    tags: textsOf(given.tags),
    more: Object.fromEntries(Object.entries(definition).filter(([name]) => !SHOWN.has(name))),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function localOf(date: unknown): string {
  const at = new Date(typeof date === 'string' ? date : NaN);
  if (Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
