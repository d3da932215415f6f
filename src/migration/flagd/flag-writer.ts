import { kindOf, type Flag } from '../../model/flag.js';
import type { Json } from '../../model/json.js';
import type { Ledger } from '../ledger.js';
import { Unsupported } from '../migration-errors.js';
import { REASSIGNED } from '../reassignment-notes.js';
import { memberPath } from '../source-path.js';
import { and, logicOf, or } from './conditions-to-jsonlogic.js';
import { noteDifference, type SegmentEvaluators } from './segment-evaluators.js';

/** What targeting results in: a variant, null for the default variant, or a split. */
type TargetingResult = string | null | { fractional: Json[] };
type FlagRule = NonNullable<Flag['rules']>[number];
type FlagSchedule = FlagRule['schedule'];

/** Writes one flag for a flag file. */
export class FlagWriter {
  private readonly path: string;
  private readonly variants = new Map<string, Json>();
  private readonly kind: ReturnType<typeof kindOf>;
  /** The variant that is served while the flag does not apply; null is the code's default. */
  private readonly off: string | null;

  constructor(
    private readonly definition: Flag,
    private readonly evaluators: SegmentEvaluators,
    private readonly ledger: Ledger,
    private readonly environment: string | undefined,
  ) {
    this.path = memberPath('flags', definition.flag_id);
    this.kind = kindOf(definition);
    if (this.kind === 'boolean') this.variants.set('on', true).set('off', false);
    if (this.kind === 'config') this.variants.set('default', definition.default!);
    for (const [name, { config, description }] of Object.entries(definition.variants ?? {})) {
      this.variants.set(name, config === undefined ? name : config);
      if (description) {
        const path = memberPath(memberPath(this.path, 'variants'), name);
        this.ledger.lost(path, 'variants have no descriptions in flagd');
      }
    }
    this.off = this.offVariant();
  }

  /** @throws {Unsupported} where flagd cannot serve the same */
  flag(): Json {
    const { definition } = this;
    if (definition.prerequisites && definition.prerequisites.length > 0) {
      throw new Unsupported('flagd has no prerequisites');
    }
    this.noteEnvironments(definition.environments, this.path);
    if (!definition.enabled || !this.isServedIn(definition.environments)) return this.inactive();
    const branches = this.branches();
    const otherwise = this.otherwise();
    const window = this.window(definition.schedule, this.path);
    const isAlwaysOpen = window === true;
    // To flagd a result of null is the default variant. Where it has to be the code's default, the flag has none.
    const servesCodeDefault =
      this.off === null && (definition.target_segments !== undefined || !isAlwaysOpen);
    const isFixed = typeof otherwise === 'string' && !servesCodeDefault;
    const rest = otherwise === null || (isFixed && isAlwaysOpen) ? [] : [otherwise];
    const chain: Json = branches.length > 0 ? { if: [...branches, ...rest] } : (rest[0] ?? null);
    if (isAlwaysOpen) return this.enabled(chain, isFixed ? otherwise : null);
    const targeting = { if: [window, chain, ...(this.off === null ? [] : [this.off])] };
    return this.enabled(targeting, this.off);
  }

  /** Conditions and results in turn, as the operands of an `if`. */
  private branches(): Json[] {
    const { rules = [], target_segments, segments = {} } = this.definition;
    const branches: Json[] = rules
      .flatMap((rule, index) => this.rule(rule, memberPath(memberPath(this.path, 'rules'), index)))
      .flat();
    if (target_segments) branches.push({ '!': [this.inAnyOf(target_segments)] }, this.off);
    for (const [name, value] of Object.entries(segments)) {
      branches.push(this.evaluators.reference(name), this.variantOf(name, value));
    }
    return branches;
  }

  private enabled(targeting: Json, defaultVariant: string | null): Json {
    const metadata = this.metadata();
    return {
      state: 'ENABLED',
      variants: Object.fromEntries(this.variants),
      ...(defaultVariant !== null && { defaultVariant }),
      ...(targeting !== null && { targeting }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
    };
  }

  /** A disabled flag serves the code's default in flagd: to serve a variant it has to be enabled, without targeting. */
  private inactive(): Json {
    const variants = Object.fromEntries(this.variants);
    const metadata = this.metadata();
    const rest = { variants, ...(Object.keys(metadata).length > 0 && { metadata }) };
    this.ledger.lost(this.path, 'the flag is off: its rules are left out');
    if (this.off === null) return { state: 'DISABLED', ...rest };
    return { state: 'ENABLED', defaultVariant: this.off, ...rest };
  }

  private metadata(): Record<string, Json> {
    const { description, owner, tags, metadata = {} } = this.definition;
    const about = { description, owner, tags: tags?.join(', ') };
    const added: Record<string, Json> = {};
    for (const [name, value] of Object.entries(about)) {
      if (!value) continue;
      if (Object.hasOwn(metadata, name)) {
        this.ledger.lost(memberPath(this.path, name), 'the metadata already have an entry with this name');
        continue;
      }
      added[name] = value;
      this.ledger.changed(memberPath(this.path, name), 'becomes an entry of the metadata');
    }
    return { ...(metadata as Record<string, Json>), ...added };
  }

  /** Only the rule is lost where flagd cannot express it: units that it does not match are served as before. */
  private rule(rule: FlagRule, path: string): [Json, Json][] {
    this.noteEnvironments(rule.environments, path);
    if (!this.isServedIn(rule.environments)) return [];
    for (const name of ['description', 'experiment_id'] as const) {
      if (rule[name])
        this.ledger.lost(memberPath(path, name), 'branches of the targeting have no such field');
    }
    try {
      const { include = [], exclude = [] } = rule.audience ?? {};
      const condition = and([
        this.window(rule.schedule, path),
        include.length > 0 ? this.inAnyOf(include) : true,
        exclude.length > 0 ? { '!': [this.inAnyOf(exclude)] } : true,
        logicOf(rule.conditions, this.evaluators.reference, (message) =>
          noteDifference(this.ledger, path, message),
        ),
      ]);
      const result = rule.variants
        ? split(Object.entries(rule.variants), this.ledger, path)
        : this.variantOf('rule', rule.value as Json);
      return [[condition, result]];
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      this.ledger.lost(path, `the rule is left out: ${error.message}`);
      return [];
    }
  }

  /** The variant that has the value. Config flags get a variant for each value of their rules and segments. */
  private variantOf(name: string, value: Json): string {
    if (this.kind === 'boolean') return value === true ? 'on' : 'off';
    if (this.kind === 'multivariate') return value as string;
    for (let n = 1; ; n += 1) {
      const candidate = n === 1 ? name : `${name}-${n}`;
      if (!this.variants.has(candidate)) this.variants.set(candidate, value);
      if (JSON.stringify(this.variants.get(candidate)) === JSON.stringify(value)) return candidate;
    }
  }

  /** What units get that no rule matches. */
  private otherwise(): TargetingResult {
    const { definition } = this;
    if (this.kind === 'config') return 'default';
    if (this.kind === 'boolean') {
      const share = definition.rollout_percentage ?? 100;
      const weights = [['on', share] as const, ['off', 100 - share] as const];
      return split(weights, this.ledger, this.path);
    }
    const weights = Object.entries(definition.variants!).map(([name, { weight }]) => [name, weight] as const);
    return weights.every(([, weight]) => weight === 0) ? this.off : split(weights, this.ledger, this.path);
  }

  private offVariant(): string | null {
    const { off_variant, variants = {} } = this.definition;
    if (this.kind === 'boolean') return 'off';
    if (this.kind === 'config') return 'default';
    if (off_variant !== undefined) return off_variant;
    return Object.hasOwn(variants, 'control') ? 'control' : Object.keys(variants)[0]!;
  }

  private inAnyOf(segments: readonly string[]): Json {
    return or(segments.map((name) => this.evaluators.reference(name)));
  }

  /** Whether the time is within the schedule; true where there is none. */
  private window(schedule: FlagSchedule, path: string): Json {
    const seconds = (time: string): number => {
      const ms = Date.parse(time);
      if (ms % 1000 !== 0) this.ledger.changed(memberPath(path, 'schedule'), 'flagd counts whole seconds');
      return Math.ceil(ms / 1000);
    };
    const clock = { var: '$flagd.timestamp' };
    return and([
      schedule?.from === undefined || { '>=': [clock, seconds(schedule.from)] },
      schedule?.until === undefined || { '<': [clock, seconds(schedule.until)] },
    ]);
  }

  private isServedIn(environments: readonly string[] | undefined): boolean {
    return (
      environments === undefined || this.environment === undefined || environments.includes(this.environment)
    );
  }

  private noteEnvironments(environments: readonly string[] | undefined, path: string): void {
    if (environments === undefined || this.environment !== undefined) return;
    this.ledger.lost(
      memberPath(path, 'environments'),
      'flagd has no environments: choose one with --environment to export what is served there',
    );
  }
}

/** A split by percentages; its weights are whole numbers without a common factor. */
function split(
  percentages: readonly (readonly [string, number])[],
  ledger: Ledger,
  path: string,
): TargetingResult {
  const weights = percentages
    .map(([name, percentage]) => [name, Math.round(percentage * 100)] as const)
    .filter(([, weight]) => weight > 0);
  if (weights.length === 1) return weights[0]![0];
  ledger.changed(path, REASSIGNED);
  const factor = weights.map(([, weight]) => weight).reduce(greatestCommonDivisor);
  return { fractional: weights.map(([name, weight]) => [name, weight / factor]) };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
