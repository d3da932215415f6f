import { METRIC_ROLES, type MetricRole } from '../model/metric.js';
import type { MetricKind } from './evidence.js';
import { COVARIATE_FIELDS, SUM_FIELDS, type ArmSums, type StratumSums } from './arm-sums.js';

/** An integer as it comes in JSON: a number up to 2^53 − 1, or a decimal string. */
export type JsonInteger = number | string;

export interface MetricInput {
  metric_id: string;
  role: MetricRole;
  kind: MetricKind;
  direction: 'increase' | 'decrease';
  scale?: number;
  /** Relative; every guardrail has one. */
  margin?: number;
  arms: ArmsInput;
  /** The same sums by the day of first exposure, for the slope of novelty. */
  days?: { day: number; arms: ArmsInput }[];
  /** The same sums by the stages in which proportions differed; they must add up to `arms`. */
  strata?: { allocation: Record<string, number>; arms: ArmsInput }[];
}

export type ArmsInput = Record<string, Record<string, JsonInteger>>;

/** The input of `analyze`: sums per metric and arm, and the design. docs/statistics.md has the contract. */
export interface AnalyzeInput {
  control: string;
  allocation: Record<string, number>;
  planned_units: number;
  at_horizon?: boolean;
  alpha: { interim: number; final: number; guardrail: number };
  mde?: number;
  units?: Record<string, JsonInteger>;
  metrics: MetricInput[];
}

export interface InputError {
  path: string;
  code: string;
  message: string;
}

/** The sums of one metric as exact integers: of its arms, and of each of its days and strata. */
export interface MetricSums {
  sums: Record<string, ArmSums>;
  days: Record<string, ArmSums>[];
  strata: StratumSums[];
}

/** A checked input; `metrics[i]` are the sums of the input's. */
export interface Checked {
  input: AnalyzeInput;
  metrics: MetricSums[];
  units: Record<string, bigint> | null;
}

type Fields = Record<string, unknown>;

const TOP = ['control', 'allocation', 'planned_units', 'at_horizon', 'alpha', 'mde', 'units', 'metrics'];
const METRIC = ['metric_id', 'role', 'kind', 'direction', 'scale', 'margin', 'arms', 'days', 'strata'];
const ALPHAS = ['interim', 'final', 'guardrail'];

/** Checks an input and names every wrong field at once. */
export function checkInput(
  value: unknown,
): { ok: true; checked: Checked } | { ok: false; errors: InputError[] } {
  const check = new Check();
  const checked = check.input(value);
  return checked && check.errors.length === 0 ? { ok: true, checked } : { ok: false, errors: check.errors };
}

class Check {
  readonly errors: InputError[] = [];

  input(value: unknown): Checked | null {
    const top = this.object(value, '');
    if (!top) return null;
    this.known(top, TOP, '');
    const allocation = this.allocation(top['allocation']);
    const variants = Object.keys(allocation);
    const control = top['control'];
    if (typeof control !== 'string') this.wrong('control', 'required', 'must name the control');
    else if (!variants.includes(control))
      this.wrong('control', 'unknown_variant', 'must be a variant of allocation');
    this.number(top['planned_units'], 'planned_units', (n) => n >= 1, 'must be at least 1');
    if (top['at_horizon'] !== undefined && typeof top['at_horizon'] !== 'boolean') {
      this.wrong('at_horizon', 'invalid_type', 'must be true or false');
    }
    if (top['mde'] !== undefined) this.number(top['mde'], 'mde', (n) => n > 0, 'must be greater than 0');
    this.alphas(top['alpha']);
    const units = top['units'] === undefined ? null : this.units(top['units'], variants);
    const metrics = this.metrics(top['metrics'], variants);
    return { input: value as AnalyzeInput, metrics, units };
  }

  private allocation(value: unknown): Record<string, number> {
    const weights = this.object(value, 'allocation');
    if (!weights) return {};
    for (const [variant, weight] of Object.entries(weights)) {
      this.number(weight, `allocation.${variant}`, (n) => n > 0, 'must be greater than 0');
    }
    if (Object.keys(weights).length < 2)
      this.wrong('allocation', 'out_of_range', 'must have at least two variants');
    return weights as Record<string, number>;
  }

  private alphas(value: unknown): void {
    const alpha = this.object(value, 'alpha');
    if (!alpha) return;
    this.known(alpha, ALPHAS, 'alpha.');
    for (const name of ALPHAS) {
      this.number(alpha[name], `alpha.${name}`, (n) => n > 0 && n < 0.5, 'must lie between 0 and 0.5');
    }
  }

  private units(value: unknown, variants: string[]): Record<string, bigint> | null {
    const given = this.object(value, 'units');
    if (!given) return null;
    const units: Record<string, bigint> = {};
    this.sameVariants(given, variants, 'units');
    for (const variant of variants) {
      if (variant in given) units[variant] = this.count(given[variant], `units.${variant}`) ?? 0n;
    }
    return units;
  }

  private metrics(value: unknown, variants: string[]): MetricSums[] {
    if (!Array.isArray(value)) {
      this.wrong('metrics', value === undefined ? 'required' : 'invalid_type', 'must be a list of metrics');
      return [];
    }
    return value.map((metric, index) => this.metric(metric, `metrics.${index}`, variants));
  }

  private metric(value: unknown, path: string, variants: string[]): MetricSums {
    const metric = this.object(value, path);
    if (!metric) return { sums: {}, days: [], strata: [] };
    this.known(metric, METRIC, `${path}.`);
    if (typeof metric['metric_id'] !== 'string' || metric['metric_id'] === '') {
      this.wrong(`${path}.metric_id`, 'required', 'must be a text');
    }
    this.oneOf(metric['role'], `${path}.role`, METRIC_ROLES);
    this.oneOf(metric['direction'], `${path}.direction`, ['increase', 'decrease']);
    const kind = this.oneOf(metric['kind'], `${path}.kind`, Object.keys(SUM_FIELDS)) as MetricKind | null;
    if (metric['scale'] !== undefined) {
      this.number(
        metric['scale'],
        `${path}.scale`,
        (n) => Number.isSafeInteger(n) && n >= 1,
        'must be a whole number of at least 1',
      );
    }
    if (metric['role'] === 'guardrail' || metric['margin'] !== undefined) {
      this.number(
        metric['margin'],
        `${path}.margin`,
        (n) => n > 0,
        'a guardrail has a margin greater than 0',
      );
    }
    const sums = this.arms(metric['arms'], `${path}.arms`, kind, variants);
    const days = this.days(metric['days'], `${path}.days`, kind, variants);
    const strata = this.strata(metric['strata'], `${path}.strata`, kind, variants);
    if (strata.length > 0) this.addUp(strata, sums, `${path}.strata`);
    return { sums, days, strata };
  }

  private strata(value: unknown, path: string, kind: MetricKind | null, variants: string[]): StratumSums[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.wrong(path, 'invalid_type', 'must be a list of stages');
      return [];
    }
    return value.flatMap((one, index): StratumSums[] => {
      const at = `${path}.${index}`;
      const stratum = this.object(one, at);
      if (!stratum) return [];
      this.known(stratum, ['allocation', 'arms'], `${at}.`);
      const allocation = this.object(stratum['allocation'], `${at}.allocation`) ?? {};
      this.sameVariants(allocation, variants, `${at}.allocation`);
      for (const [variant, weight] of Object.entries(allocation)) {
        this.number(weight, `${at}.allocation.${variant}`, (n) => n > 0, 'must be greater than 0');
      }
      const arms = this.arms(stratum['arms'], `${at}.arms`, kind, variants);
      return [{ allocation: allocation as Record<string, number>, arms }];
    });
  }

  private addUp(strata: readonly StratumSums[], sums: Record<string, ArmSums>, path: string): void {
    for (const [variant, arm] of Object.entries(sums)) {
      for (const name of SUM_FIELDS[arm.kind]) {
        const of = (one: ArmSums | undefined): bigint =>
          (one as unknown as Record<string, bigint>)?.[name] ?? 0n;
        const total = strata.reduce((sum, { arms }) => sum + of(arms[variant]), 0n);
        if (total !== of(arm)) {
          this.wrong(path, 'inconsistent', `${name} of ${variant} adds up to ${total}, arms have ${of(arm)}`);
        }
      }
    }
  }

  private days(
    value: unknown,
    path: string,
    kind: MetricKind | null,
    variants: string[],
  ): Record<string, ArmSums>[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.wrong(path, 'invalid_type', 'must be a list of days');
      return [];
    }
    return value.map((one, index) => {
      const day = this.object(one, `${path}.${index}`);
      if (!day) return {};
      this.known(day, ['day', 'arms'], `${path}.${index}.`);
      this.number(day['day'], `${path}.${index}.day`, Number.isSafeInteger, 'must be a whole number');
      return this.arms(day['arms'], `${path}.${index}.arms`, kind, variants);
    });
  }

  private arms(
    value: unknown,
    path: string,
    kind: MetricKind | null,
    variants: string[],
  ): Record<string, ArmSums> {
    const arms = this.object(value, path);
    if (!arms) return {};
    this.sameVariants(arms, variants, path);
    if (!kind) return {};
    const sums: Record<string, ArmSums> = {};
    for (const variant of variants) {
      const arm = variant in arms ? this.arm(arms[variant], `${path}.${variant}`, kind) : null;
      if (arm) sums[variant] = arm;
    }
    return sums;
  }

  private arm(value: unknown, path: string, kind: MetricKind): ArmSums | null {
    const fields = this.object(value, path);
    if (!fields) return null;
    const before = this.errors.length;
    const covariate = kind === 'mean' && COVARIATE_FIELDS.some((name) => name in fields);
    this.known(fields, [...SUM_FIELDS[kind], ...(covariate ? COVARIATE_FIELDS : [])], `${path}.`);
    const read = (name: string): bigint =>
      (SIGNED[kind].includes(name)
        ? this.integer(fields[name], `${path}.${name}`)
        : this.count(fields[name], `${path}.${name}`)) ?? 0n;
    const sums = Object.fromEntries(SUM_FIELDS[kind].map((name) => [name, read(name)]));
    const before_it = covariate && Object.fromEntries(COVARIATE_FIELDS.map((name) => [name, read(name)]));
    if (this.errors.length > before) return null;
    const arm = { kind, ...sums, ...(before_it && { covariate: before_it }) } as unknown as ArmSums;
    this.possible(arm, path);
    return this.errors.length > before ? null : arm;
  }

  /** Sums that no units could have. */
  private possible(arm: ArmSums, path: string): void {
    const square = (n: bigint, sum: bigint, sum_sq: bigint, name: string): void => {
      if (n * sum_sq < sum * sum) this.wrong(`${path}.${name}`, 'out_of_range', 'is too small for its sum');
    };
    switch (arm.kind) {
      case 'proportion':
        if (arm.sum > arm.n) this.wrong(`${path}.sum`, 'out_of_range', 'must lie between 0 and n');
        break;
      case 'error_rate':
        if (arm.errors > arm.n) this.wrong(`${path}.errors`, 'out_of_range', 'must lie between 0 and n');
        break;
      case 'mean':
        square(arm.n, arm.sum, arm.sum_sq, 'sum_sq');
        if (arm.covariate) square(arm.n, arm.covariate.sum_x, arm.covariate.sum_xx, 'sum_xx');
        break;
      case 'ratio':
      case 'quantile':
        square(arm.n, arm.sum_y, arm.sum_yy, 'sum_yy');
        square(arm.n, arm.sum_d, arm.sum_dd, 'sum_dd');
        break;
    }
  }

  private sameVariants(given: Fields, variants: string[], path: string): void {
    for (const name of Object.keys(given)) {
      if (!variants.includes(name)) this.wrong(`${path}.${name}`, 'unknown_variant', 'is not in allocation');
    }
    for (const name of variants) {
      if (!(name in given)) this.wrong(`${path}.${name}`, 'required', 'is in allocation and missing here');
    }
  }

  private count(value: unknown, path: string): bigint | null {
    const integer = this.integer(value, path);
    if (integer === null || integer >= 0n) return integer;
    this.wrong(path, 'out_of_range', 'must not be negative');
    return null;
  }

  private integer(value: unknown, path: string): bigint | null {
    if (typeof value === 'string' && /^-?\d{1,60}$/.test(value)) return BigInt(value);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
    if (value === undefined) this.wrong(path, 'required', 'is missing');
    else if (typeof value === 'number' && Number.isInteger(value)) {
      this.wrong(path, 'out_of_range', 'beyond 2^53 − 1 an integer must be a decimal string');
    } else this.wrong(path, 'invalid_type', 'must be a whole number, or one as a decimal string');
    return null;
  }

  private number(value: unknown, path: string, fits: (n: number) => boolean, message: string): void {
    if (value === undefined) this.wrong(path, 'required', message);
    else if (typeof value !== 'number' || !Number.isFinite(value))
      this.wrong(path, 'invalid_type', 'must be a number');
    else if (!fits(value)) this.wrong(path, 'out_of_range', message);
  }

  private oneOf(value: unknown, path: string, allowed: readonly string[]): string | null {
    if (typeof value === 'string' && allowed.includes(value)) return value;
    this.wrong(
      path,
      value === undefined ? 'required' : 'invalid_value',
      `must be one of ${allowed.join(', ')}`,
    );
    return null;
  }

  private object(value: unknown, path: string): Fields | null {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
    this.wrong(path, value === undefined ? 'required' : 'invalid_type', 'must be an object');
    return null;
  }

  private known(given: Fields, names: readonly string[], prefix: string): void {
    for (const name of Object.keys(given)) {
      if (!names.includes(name)) this.wrong(prefix + name, 'unknown_field', 'is not a field here');
    }
  }

  private wrong(path: string, code: string, message: string): void {
    this.errors.push({ path, code, message });
  }
}

/** Sums that may be negative. */
const SIGNED: Record<MetricKind, readonly string[]> = {
  proportion: [],
  error_rate: [],
  mean: ['sum', 'sum_x', 'sum_xy'],
  ratio: ['sum_y', 'sum_d', 'sum_yd'],
  quantile: ['sum_y', 'sum_d', 'sum_yd'],
};
