import { METRIC_ROLES, type MetricKind } from '../model/metric.js';
import type { ArmSums, StratumSums } from './arm-sums.js';
import type { Estimator } from './estimators.js';
import { FieldChecks, type Fields, type InputError } from './field-checks.js';
import type { AnalyzeInput, ExactInput, ExactMetric, ExactSegment, MetricInput } from './input.js';
import type { StatisticalKind, StatisticalKinds } from './kind.js';

export class AnalyzeInputError extends Error {
  constructor(readonly errors: InputError[]) {
    super(errors.map(({ path, message }) => `${path}: ${message}`).join('; '));
    this.name = 'AnalyzeInputError';
  }
}

/**
 * Parses the JSON input of `analyze`.
 *
 * @throws {AnalyzeInputError} naming every wrong field
 */
export function parseInput(kinds: StatisticalKinds, value: unknown): ExactInput {
  const parser = new InputParser(kinds);
  const input = parser.input(value);
  if (input === null || parser.errors.length > 0) throw new AnalyzeInputError(parser.errors);
  return input;
}

const TOP = [
  'control',
  'allocation',
  'planned_units',
  'at_horizon',
  'alpha',
  'mde',
  'later_epochs',
  'units',
  'metrics',
  'segments',
];
const METRIC = [
  'metric_id',
  'role',
  'kind',
  'direction',
  'scale',
  'margin',
  'prior_sd',
  'arms',
  'days',
  'strata',
];
const ALPHAS = ['interim', 'final', 'guardrail'];

/**
 * Parses an input, from the top down to its arms, and records every wrong field. What a method returns can be used only
 * if there are no errors.
 */
class InputParser extends FieldChecks {
  private variants: string[] = [];

  constructor(private readonly kinds: StatisticalKinds) {
    super();
  }

  input(value: unknown): ExactInput | null {
    const top = this.object(value, '');
    if (!top) return null;
    this.known(top, TOP, '');
    this.variants = Object.keys(this.allocation(top['allocation']));
    const planned_units = this.design(top);
    const units = top['units'] === undefined ? null : this.units(top['units'], 'units');
    const metrics = this.metrics(top['metrics']);
    const { segments: given, ...rest } = value as AnalyzeInput;
    const segments = given === undefined ? undefined : this.segments(given, metrics);
    return { ...rest, planned_units, units, metrics, ...(segments && { segments }) };
  }

  private segments(value: unknown, metrics: readonly ExactMetric[]): ExactSegment[] {
    if (!Array.isArray(value)) {
      this.wrong('segments', 'invalid_type', 'must be a list of segments');
      return [];
    }
    return value.flatMap((item, index): ExactSegment[] => {
      const path = `segments.${index}`;
      const segment = this.object(item, path);
      if (!segment) return [];
      this.known(segment, ['segment', 'units', 'metrics'], `${path}.`);
      const { segment: name } = segment;
      if (typeof name !== 'string' || name === '')
        this.wrong(`${path}.segment`, 'required', 'must be a string that is not empty');
      const units = this.units(segment['units'], `${path}.units`) ?? {};
      const own = this.metricsOfSegment(segment['metrics'], `${path}.metrics`, metrics);
      return [{ segment: name as string, units, metrics: own }];
    });
  }

  /** The metrics of the whole input, in its order, with the sums of a segment. */
  private metricsOfSegment(value: unknown, path: string, metrics: readonly ExactMetric[]): ExactMetric[] {
    if (!Array.isArray(value)) {
      this.wrong(path, value === undefined ? 'required' : 'invalid_type', 'must be a list of metrics');
      return [];
    }
    const given = value.map((item, index) => this.object(item, `${path}.${index}`) ?? {});
    for (const [index, one] of given.entries()) {
      this.known(one, ['metric_id', 'arms'], `${path}.${index}.`);
      if (!metrics.some(({ metric_id }) => metric_id === one['metric_id']))
        this.wrong(`${path}.${index}.metric_id`, 'invalid_value', 'must be one of metrics');
    }
    return metrics.flatMap((metric): ExactMetric[] => {
      const index = given.findIndex(({ metric_id }) => metric_id === metric.metric_id);
      if (index === -1) {
        this.wrong(path, 'required', `must have ${metric.metric_id}, as metrics have it`);
        return [];
      }
      const at = given[index]!['arms'];
      const statistics = this.statisticsOf(metric.kind, at);
      const { awaits_threshold: _, days: __, ...same } = metric;
      return [
        {
          ...same,
          statistics,
          arms: this.arms(at, `${path}.${index}.arms`, statistics),
          strata: [],
          ...(statistics !== this.kinds[metric.kind] && { awaits_threshold: true as const }),
        },
      ];
    });
  }

  private allocation(value: unknown): Fields {
    const weights = this.object(value, 'allocation');
    if (!weights) return {};
    this.weights(weights, 'allocation');
    if (Object.keys(weights).length < 2)
      this.wrong('allocation', 'out_of_range', 'must have at least two variants');
    return weights;
  }

  /** Checks everything that is no sum, and returns the planned units. */
  private design({ control, planned_units, at_horizon, mde, later_epochs, alpha }: Fields): number {
    if (typeof control !== 'string') this.wrong('control', 'required', 'must name the control');
    else if (!this.variants.includes(control))
      this.wrong('control', 'unknown_variant', 'must be a variant of allocation');
    const planned = this.atLeastOne(planned_units, 'planned_units');
    if (later_epochs !== undefined) {
      const fits = (n: number): boolean => Number.isSafeInteger(n) && n >= 1;
      this.number(later_epochs, 'later_epochs', fits, 'must be a whole number of at least 1');
    }
    if (at_horizon !== undefined && typeof at_horizon !== 'boolean') {
      this.wrong('at_horizon', 'invalid_type', 'must be true or false');
    }
    if (mde !== undefined) this.number(mde, 'mde', (n) => n > 0, 'must be greater than 0');
    this.alphas(alpha);
    return Number(planned);
  }

  private alphas(value: unknown): void {
    const alphas = this.object(value, 'alpha');
    if (!alphas) return;
    this.known(alphas, ALPHAS, 'alpha.');
    for (const name of ALPHAS) {
      this.number(alphas[name], `alpha.${name}`, (n) => n > 0 && n < 0.5, 'must lie between 0 and 0.5');
    }
  }

  private units(value: unknown, path: string): Record<string, bigint> | null {
    const given = this.object(value, path);
    if (!given) return null;
    const units: Record<string, bigint> = {};
    this.sameVariants(given, this.variants, path);
    for (const variant of this.variants) {
      if (variant in given) units[variant] = this.count(given[variant], `${path}.${variant}`) ?? 0n;
    }
    return units;
  }

  private metrics(value: unknown): ExactMetric[] {
    if (!Array.isArray(value)) {
      this.wrong('metrics', value === undefined ? 'required' : 'invalid_type', 'must be a list of metrics');
      return [];
    }
    return value.flatMap((metric, index) => this.metric(metric, `metrics.${index}`) ?? []);
  }

  private metric(value: unknown, path: string): ExactMetric | null {
    const metric = this.object(value, path);
    if (!metric) return null;
    const kind = this.metricFields(metric, path);
    // Without a kind the sums cannot be checked, but the variants can.
    const statistics = kind && this.statisticsOf(kind, metric['arms']);
    const arms = this.arms(metric['arms'], `${path}.arms`, statistics);
    const days = this.days(metric['days'], `${path}.days`, statistics);
    const strata = this.strata(metric['strata'], `${path}.strata`, statistics);
    if (!kind || !statistics) return null;
    if (strata.length > 0) this.addUp(strata, arms, statistics, `${path}.strata`);
    const { metric_id, role, direction, margin, prior_sd, scale = 1 } = value as MetricInput;
    return {
      metric_id,
      role,
      kind,
      direction,
      statistics,
      scale: statistics.scaled && Number.isSafeInteger(scale) ? BigInt(scale) : 1n,
      ...(margin !== undefined && { margin }),
      ...(prior_sd !== undefined && { prior_sd }),
      arms,
      ...(days && { days }),
      strata,
      ...(statistics !== this.kinds[kind] && { awaits_threshold: true }),
    };
  }

  /** What the kind means to the analysis; without the sums beyond a threshold if no arm has any of them. */
  private statisticsOf(kind: MetricKind, arms: unknown): StatisticalKind {
    const statistics = this.kinds[kind];
    const late = statistics.sumsBeyondThreshold ?? [];
    const has = (arm: unknown): boolean =>
      typeof arm !== 'object' || arm === null || late.some((name) => name in arm);
    if (late.length === 0 || typeof arms !== 'object' || arms === null) return statistics;
    if (Object.values(arms).length === 0 || Object.values(arms).some(has)) return statistics;
    const sums = Object.fromEntries(
      Object.entries(statistics.estimator.sums).filter(([name]) => !late.includes(name)),
    );
    return { ...statistics, estimator: { ...statistics.estimator, sums, impossible: () => [] } };
  }

  /** Checks everything but the sums, and returns the kind. */
  private metricFields(metric: Fields, path: string): MetricKind | null {
    const { metric_id, role, direction, kind, scale, margin, prior_sd } = metric;
    this.known(metric, METRIC, `${path}.`);
    if (typeof metric_id !== 'string' || metric_id === '') {
      this.wrong(`${path}.metric_id`, 'required', 'must be a string that is not empty');
    }
    this.oneOf(role, `${path}.role`, METRIC_ROLES);
    this.oneOf(direction, `${path}.direction`, ['increase', 'decrease']);
    const known = this.oneOf(kind, `${path}.kind`, Object.keys(this.kinds) as MetricKind[]);
    if (scale !== undefined) {
      const fits = (n: number): boolean => Number.isSafeInteger(n) && n >= 1;
      this.number(scale, `${path}.scale`, fits, 'must be a whole number of at least 1');
    }
    if (role === 'guardrail' || margin !== undefined) {
      this.number(margin, `${path}.margin`, (n) => n > 0, 'a guardrail has a margin greater than 0');
    }
    if (prior_sd !== undefined) {
      this.number(prior_sd, `${path}.prior_sd`, (n) => n > 0, 'must be greater than 0');
    }
    return known;
  }

  private days(value: unknown, path: string, statistics: StatisticalKind | null): ExactMetric['days'] {
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) {
      this.wrong(path, 'invalid_type', 'must be a list of days');
      return [];
    }
    return value.map((item, index) => {
      const at = `${path}.${index}`;
      const day = this.object(item, at);
      if (!day) return { day: NaN, arms: {} };
      this.known(day, ['day', 'arms'], `${at}.`);
      this.number(day['day'], `${at}.day`, Number.isSafeInteger, 'must be a whole number');
      return { day: day['day'] as number, arms: this.arms(day['arms'], `${at}.arms`, statistics) };
    });
  }

  private strata(value: unknown, path: string, statistics: StatisticalKind | null): StratumSums[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.wrong(path, 'invalid_type', 'must be a list of stages');
      return [];
    }
    return value.flatMap((item, index): StratumSums[] => {
      const at = `${path}.${index}`;
      const stratum = this.object(item, at);
      if (!stratum) return [];
      this.known(stratum, ['allocation', 'arms'], `${at}.`);
      const allocation = this.object(stratum['allocation'], `${at}.allocation`) ?? {};
      this.sameVariants(allocation, this.variants, `${at}.allocation`);
      const weights = this.weights(allocation, `${at}.allocation`);
      return [{ allocation: weights, arms: this.arms(stratum['arms'], `${at}.arms`, statistics) }];
    });
  }

  private addUp(
    strata: readonly StratumSums[],
    whole: Record<string, ArmSums>,
    { estimator }: StatisticalKind,
    path: string,
  ): void {
    for (const [variant, arm] of Object.entries(whole)) {
      for (const name of ['n', ...Object.keys(estimator.sums)]) {
        const total = strata.reduce((sum, { arms }) => sum + (arms[variant]?.[name] ?? 0n), 0n);
        if (total !== arm[name]) {
          this.wrong(
            path,
            'inconsistent',
            `${name} of ${variant} adds up to ${total}, arms have ${arm[name]}`,
          );
        }
      }
    }
  }

  private arms(value: unknown, path: string, statistics: StatisticalKind | null): Record<string, ArmSums> {
    const arms = this.object(value, path);
    if (!arms) return {};
    this.sameVariants(arms, this.variants, path);
    const sums: Record<string, ArmSums> = {};
    if (!statistics) return sums;
    const names = Object.keys(statistics.estimator.covariate?.sums ?? {});
    const hasCovariate = Object.values(arms).some(
      (arm) => typeof arm === 'object' && arm !== null && names.some((name) => name in arm),
    );
    for (const variant of this.variants) {
      if (!(variant in arms)) continue;
      const arm = this.arm(arms[variant], `${path}.${variant}`, statistics.estimator, hasCovariate);
      if (arm) sums[variant] = arm;
    }
    return sums;
  }

  /** @param hasCovariate whether any arm has a sum of the covariate: then every arm needs all of them */
  private arm(value: unknown, path: string, estimator: Estimator, hasCovariate: boolean): ArmSums | null {
    const fields = this.object(value, path);
    if (!fields) return null;
    const before = this.errors.length;
    const covariate = hasCovariate ? estimator.covariate : null;
    const ranges = { n: 'count', ...estimator.sums, ...covariate?.sums } as const;
    this.known(fields, Object.keys(ranges), `${path}.`);
    const sums: Record<string, bigint> = {};
    for (const [name, range] of Object.entries(ranges)) {
      sums[name] = this[range](fields[name], `${path}.${name}`) ?? 0n;
    }
    if (this.errors.length > before) return null;
    const arm = sums as ArmSums;
    const own = estimator.impossible(arm);
    const impossible = own.length > 0 ? own : (covariate?.impossible(arm) ?? []);
    for (const { name, message } of impossible) this.wrong(`${path}.${name}`, 'out_of_range', message);
    return this.errors.length > before ? null : arm;
  }
}
