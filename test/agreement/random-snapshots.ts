// Random definitions, units and contexts to compare implementations with; the same seed gives the same.
import { Ruleset } from '../../src/assignment/ruleset.js';
import { conditionErrors } from '../../src/assignment/condition.js';
import type { RulesetDocument } from '../../src/assignment/document.js';
import { portableConditions } from '../../src/model/conditions.js';
import { flagSchema, segmentSchema, type Flag } from '../../src/model/flag.js';
import type { FrozenSegments } from '../../src/model/frozen-segments.js';
import type { ServedExperiment, SlotRange } from '../../src/model/serving.js';
import { markDigest } from '../../src/secrets/pseudonym.js';
import { Random } from '../../src/rehearsal/random.js';
import { DocumentMaker } from '../../src/serving/document.js';

/** A snapshot, its compiled form, and the experiments that it was made of. */
export interface TestSnapshot {
  document: RulesetDocument;
  ruleset: Ruleset;
  experiments: ReadonlyMap<string, ServedExperiment>;
}

const SALT = 'a salt of the comparison';
const SEGMENT_IDS = ['beta_users', 'premium', 'nobody', 'listed'];
/** In conditions and contexts a segment's name may be any string. */
const SEGMENTS = [...SEGMENT_IDS, 'Straße'];
const STRINGS = [
  'DE',
  'US',
  'fr',
  'Ünïcode',
  '日本',
  '😀',
  '￿',
  '',
  'free',
  'pro',
  '5',
  '10',
  '-1',
  'true',
  'null',
];
const NUMBERS = [0, 1, 5, 10, -1, 2.5, 1e21, 9007199254740993, 0.1, -0, 65];
const VERSIONS = [
  '1.2.3',
  'v1.2',
  '2',
  '1.2.3-rc.1',
  '1.2.3-rc.2',
  '1.2.3-alpha',
  '1.10.0+b.7',
  '01.2',
  'x',
  '1.2.3-',
];
const EMAILS = ['a@example.com', 'B@EXAMPLE.com', 'nobody', 'x@example.org\n', 'ä@example.com'];
const PATTERNS: [string, string?][] = [
  ['@example\\.com$'],
  ['@EXAMPLE\\.COM$', 'i'],
  ['^[^@\\s]{1,3}@'],
  ['^\\w+$'],
  ['\\bcom\\b'],
  ['^.$'],
  ['^(?:DE|US|fr)$'],
  ['[ä-ÿ日]'],
  ['^-?\\d{1,2}$'],
];
const ATTRIBUTES = [
  'country',
  'age',
  'plan',
  'tags',
  'account.type',
  'account.level',
  'version',
  'email',
  'beta',
  'odd',
  'targetingKey',
];
const UNITS = [
  'u1',
  'user-42',
  'Jürgen',
  '用户-7',
  '😀😀',
  'a'.repeat(256),
  '0',
  'null',
  ' space ',
  '4294967295',
];

class Generator {
  constructor(private readonly random: Random) {}

  chance(share: number): boolean {
    return this.random.uniform() < share;
  }

  below(n: number): number {
    return Math.floor(this.random.uniform() * n);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  pickSome<T>(items: readonly T[], max: number): T[] {
    return Array.from({ length: this.below(max + 1) }, () => this.pick(items));
  }

  unit(): string | null {
    const draw = this.random.uniform();
    if (draw < 0.03) return null;
    return draw < 0.2 ? this.pick(UNITS) : `unit-${this.below(1e9)}`;
  }

  scalar(): unknown {
    return this.pick<() => unknown>([
      () => this.pick(STRINGS),
      () => this.pick(NUMBERS),
      () => this.chance(0.5),
      () => null,
      () => this.pick(VERSIONS),
    ])();
  }

  value(depth = 0): unknown {
    if (depth > 2 || this.chance(0.7)) return this.scalar();
    if (this.chance(0.5)) return Array.from({ length: this.below(4) }, () => this.value(depth + 1));
    return Object.fromEntries(
      this.pickSome(['a', 'b', 'targetingKey', '1'], 3).map((key) => [key, this.value(depth + 1)]),
    );
  }

  context(): Record<string, unknown> {
    const context: Record<string, unknown> = {};
    const maybe = (name: string, value: () => unknown): void => {
      if (this.chance(0.75)) context[name] = this.chance(0.85) ? value() : this.value();
    };
    maybe('country', () => this.pick(STRINGS));
    maybe('age', () => this.pick<unknown>([...NUMBERS, '5', '65']));
    maybe('plan', () => this.pick(['free', 'pro', 'Pro']));
    maybe('tags', () => this.pickSome<unknown>([...STRINGS, ...NUMBERS], 4));
    maybe('account', () => ({ type: this.pick(['team', 'solo']), level: this.pick(NUMBERS) }));
    maybe('version', () => this.pick(VERSIONS));
    maybe('email', () => (this.chance(0.01) ? 'a@example.com'.padStart(1_001) : this.pick(EMAILS)));
    maybe('beta', () => this.chance(0.5));
    maybe('odd', () => this.value());
    maybe('segments', () => this.pickSome(SEGMENTS, 3));
    return context;
  }

  conditions(depth = 0): Record<string, unknown> {
    const draw = this.random.uniform();
    const list = (): object[] => Array.from({ length: 1 + this.below(3) }, () => this.conditions(depth + 1));
    if (depth < 2 && draw < 0.2) return { [this.pick(['$and', '$or', '$nor'])]: list() };
    if (depth < 2 && draw < 0.25) return { $not: this.conditions(depth + 1) };
    if (draw < 0.35) {
      const names = this.chance(0.5) ? this.pick(SEGMENTS) : [this.pick(SEGMENTS), this.pick(SEGMENTS)];
      return { [this.pick(['$inGroup', '$notInGroup'])]: names };
    }
    const attributes = new Set(Array.from({ length: 1 + this.below(2) }, () => this.pick(ATTRIBUTES)));
    return Object.fromEntries([...attributes].map((name) => [name, this.test(name)]));
  }

  /** Usually a value that fits the attribute: otherwise nothing would ever match. */
  private operand(name: string): unknown {
    if (this.chance(0.25)) return this.value();
    switch (name) {
      case 'age':
      case 'account.level':
        return this.pick(NUMBERS);
      case 'version':
        return this.pick(VERSIONS);
      case 'email':
        return this.pick(EMAILS);
      case 'plan':
        return this.pick(['free', 'pro']);
      case 'account.type':
        return this.pick(['team', 'solo']);
      case 'beta':
        return this.chance(0.5);
      case 'targetingKey':
        return this.pick(UNITS);
      default:
        return this.pick(STRINGS);
    }
  }

  private test(name: string, depth = 0): unknown {
    if (depth === 0 && this.chance(0.2)) return this.operand(name);
    const operators = Array.from({ length: 1 + this.below(2) }, () => this.operator(name, depth));
    return Object.assign({}, ...operators) as object;
  }

  private operator(name: string, depth: number): object {
    const comparison = this.pick([
      '$eq',
      '$ne',
      '$gt',
      '$gte',
      '$lt',
      '$lte',
      '$in',
      '$nin',
      '$exists',
      '$type',
      '$regex',
      'version',
      '$all',
      '$size',
      '$elemMatch',
      '$not',
    ]);
    switch (comparison) {
      case '$gt':
      case '$gte':
      case '$lt':
      case '$lte': {
        const operand = this.operand(name);
        return { [comparison]: typeof operand === 'string' || typeof operand === 'number' ? operand : 5 };
      }
      case '$in':
      case '$nin':
      case '$all':
        return { [comparison]: Array.from({ length: this.below(6) }, () => this.operand(name)) };
      case '$exists':
        return { $exists: this.chance(0.5) };
      case '$type':
        return {
          $type: this.pick(['string', 'number', 'boolean', 'array', 'object', 'null', ['string', 'null']]),
        };
      case '$regex': {
        const [pattern, options] = this.pick(PATTERNS);
        return { $regex: pattern, ...(options && { $options: options }) };
      }
      case 'version':
        return {
          [this.pick(['$veq', '$vne', '$vgt', '$vgte', '$vlt', '$vlte'])]: this.pick(VERSIONS.slice(0, 7)),
        };
      case '$size':
        return { $size: this.chance(0.5) ? this.below(4) : { $gte: this.below(3) } };
      case '$elemMatch':
        return {
          $elemMatch:
            depth < 1 && this.chance(0.5)
              ? { a: this.test('odd', depth + 1) }
              : { $in: [this.operand(name), 5, 'DE'] },
        };
      case '$not':
        return { $not: depth < 2 ? this.test(name, depth + 1) : this.operand(name) };
      default:
        return { [comparison]: this.operand(name) };
    }
  }

  /** Conditions that the API would accept. */
  validConditions(): Record<string, unknown> {
    for (;;) {
      const conditions = this.conditions();
      const { errors, conditions: portable } = portableConditions(conditions);
      if (errors.length === 0 && conditionErrors(portable).length === 0) return conditions;
    }
  }

  schedule(): object {
    // Years from now, so that the time of the comparison does not matter.
    const year = (): string => `20${10 + this.below(80)}-01-01T00:00:00Z`;
    const [from, until] = [year(), year()].sort();
    return from === until
      ? {}
      : { schedule: { ...(this.chance(0.7) && { from }), ...(this.chance(0.7) && { until }) } };
  }

  flag(n: number): Flag {
    const kind = this.pick(['boolean', 'multivariate', 'config']);
    const names = ['control', 'a', 'b', 'c'].slice(0, 2 + this.below(3));
    const weights = this.weights(names.length);
    const schedule = (): object => (this.chance(0.15) ? this.schedule() : {});
    const rule = (): object => ({
      conditions: this.validConditions(),
      ...schedule(),
      ...(this.chance(0.2) && {
        audience: { include: this.pickSome(SEGMENT_IDS, 1), exclude: this.pickSome(SEGMENT_IDS, 1) },
      }),
      ...(kind === 'boolean'
        ? { value: this.chance(0.5) }
        : kind === 'config'
          ? { value: this.pick(NUMBERS) }
          : this.chance(0.5)
            ? { value: this.pick(names) }
            : { variants: Object.fromEntries(names.map((name, i) => [name, weights[i]])) }),
    });
    return flagSchema.parse({
      flag_id: `flag-${n}`,
      enabled: !this.chance(0.1),
      ...(this.chance(0.1) && { environments: [this.pick(['production', 'staging'])] }),
      ...schedule(),
      ...(n > 0 &&
        this.chance(0.2) && {
          prerequisites: [
            {
              flag_id: `flag-${this.below(n)}`,
              variants: this.pick([['on'], ['control', 'a'], ['default', 'on']]),
            },
          ],
        }),
      ...(this.chance(0.2) && { target_segments: [this.pick(SEGMENT_IDS), this.pick(SEGMENT_IDS)] }),
      ...(this.chance(0.2) && {
        metadata: {
          team: this.pick(STRINGS),
          level: this.pick(NUMBERS),
          beta: this.chance(0.5),
          // The name under which the segments of an experiment stand.
          ...(this.chance(0.3) && { segments: 'of the flag itself' }),
        },
      }),
      ...(this.chance(0.6) && { rules: Array.from({ length: 1 + this.below(3) }, rule) }),
      ...(kind === 'boolean' && this.chance(0.7) && { rollout_percentage: this.below(10_001) / 100 }),
      ...(kind === 'multivariate' && {
        variants: Object.fromEntries(
          names.map((name, i) => [
            name,
            { weight: weights[i], ...(this.chance(0.7) && { config: this.value() }) },
          ]),
        ),
        ...(this.chance(0.2) && { off_variant: this.chance(0.5) ? null : this.pick(names) }),
      }),
      ...(kind === 'config' && {
        value_type: 'number',
        default: this.pick(NUMBERS),
        ...(this.chance(0.6) && {
          segments: Object.fromEntries(
            this.pickSome(SEGMENT_IDS, 3).map((name) => [name, this.pick(NUMBERS)]),
          ),
        }),
      }),
    });
  }

  /** Percentages that add up to 100; some are 0. */
  private weights(count: number): number[] {
    const cuts = Array.from({ length: count - 1 }, () => (this.chance(0.2) ? 0 : this.below(10_001)));
    const sorted = [0, ...cuts.sort((a, b) => a - b), 10_000];
    return sorted.slice(1).map((cut, i) => (cut - sorted[i]!) / 100);
  }

  experiment(n: number, flags: readonly Flag[]): ServedExperiment {
    const isOwnFlag = this.chance(0.4) || flags.length === 0;
    const names = ['control', 'treatment', 'b'].slice(0, 2 + this.below(2));
    const ranges: SlotRange[] = [];
    for (let from = this.below(500); from < 10_000 && ranges.length < 12;) {
      const to = Math.min(10_000, from + 1 + this.below(2_500));
      ranges.push({ from, to, variant: this.pick(names), band: 1 + this.below(3) });
      from = to + (this.chance(0.5) ? 0 : this.below(800));
    }
    const marks = Array.from({ length: this.below(4) }, () => markDigest(SALT + this.pick(UNITS)));
    const live = this.chance(0.85);
    return {
      experiment_id: `experiment-${n}`,
      flag_id: isOwnFlag ? `experiment-${n}` : this.pick(flags).flag_id,
      salt: `salt-${this.below(1e6)}`,
      started_at: 0,
      event_types: [],
      value_limits: {},
      properties: [],
      control: 'control',
      variants: names.map((name) => ({ name, config: this.chance(0.5) ? null : (this.value() as never) })),
      ...(this.chance(0.1) && { environment: this.pick(['production', 'staging']) }),
      audience: {
        include: this.chance(0.3) ? [this.pick(SEGMENT_IDS)] : [],
        exclude: this.chance(0.3) ? [this.pick(SEGMENT_IDS)] : [],
      },
      live,
      ...(!live && this.chance(0.6) && { outcome_variant: this.pick(names) }),
      settled: !live && this.chance(0.3),
      ...(this.chance(0.3) && {
        layer: {
          layer_id: `layer-${this.below(2)}`,
          slots: this.chance(0.1) ? [] : [{ from: 0, to: 1 + this.below(10_000) }],
        },
      }),
      holdouts: this.chance(0.2) ? [{ holdout_id: 'h', share: this.below(4_000) / 100 }] : [],
      excluded: this.chance(0.2) ? marks.slice(0, 1) : [],
      overrides: this.chance(0.2)
        ? Object.fromEntries(marks.slice(1).map((mark) => [mark, this.pick(names)]))
        : {},
      allocation: { revision: 1 + this.below(9), epoch: 0, ranges },
      ...(this.chance(0.5) && { segments: this.frozenSegments() }),
    };
  }

  /** One refers to another of its own, and to one that is defined outside of the experiment: there the context tells. */
  private frozenSegments(): FrozenSegments {
    const conditions: Record<string, object> = {
      ios: segmentlessConditions(this),
      'de.new': { $or: [{ $inGroup: 'ios' }, segmentlessConditions(this)] },
      beta_users: { $notInGroup: ['premium', 'helper'] },
      helper: segmentlessConditions(this),
    };
    const definitions = Object.entries(conditions).map(([segment_id, one]) => ({
      segment_id,
      conditions: JSON.stringify(one),
    }));
    const names = ['de.new', 'beta_users', 'ios'].slice(0, 1 + this.below(3));
    return { names, definitions };
  }
}

/** Units with their contexts. */
export function randomSubjects(
  seed: number,
  count: number,
): { unit: string | null; context: Record<string, unknown> }[] {
  const generator = new Generator(new Random(seed));
  return Array.from({ length: count }, () => ({ unit: generator.unit(), context: generator.context() }));
}

export function randomSnapshot(seed: number, flags: number): TestSnapshot {
  const generator = new Generator(new Random(seed));
  const segments = ['beta_users', 'premium'].map((segment_id, n) =>
    segmentSchema.parse({
      segment_id,
      // The second may refer to the first; the first refers to none.
      conditions:
        n === 1 && generator.chance(0.5)
          ? { $or: [{ $inGroup: 'beta_users' }, { plan: 'pro' }] }
          : segmentlessConditions(generator),
    }),
  );
  const definitions = Array.from({ length: flags }, (_, n) => generator.flag(n));
  const experiments = new Map(
    Array.from({ length: 6 }, (_, n) => generator.experiment(n, definitions)).map((experiment) => [
      experiment.experiment_id,
      experiment,
    ]),
  );
  const documents = new DocumentMaker({ environment: 'production', stale_after_ms: 600_000, salt: SALT });
  const document = documents.make(1 + generator.below(1e6), {
    flags: new Map(definitions.map((flag, n) => [flag.flag_id, { definition: flag, revision: n + 1 }])),
    segments: new Map(segments.map((segment) => [segment.segment_id, segment])),
    experiments,
    fences: generator.chance(0.1)
      ? [{ emergency_stop_id: 's', scope: ['experiment-0', 'experiment-1'] }]
      : [],
    opted_out: new Set(generator.chance(0.3) ? [markDigest(SALT + UNITS[0]!)] : []),
  });
  return { document, ruleset: new Ruleset(document, { digest: markDigest }), experiments };
}

/** Conditions that refer to no segment. */
function segmentlessConditions(generator: Generator): object {
  for (;;) {
    const conditions = generator.validConditions();
    if (portableConditions(conditions).groups.length === 0) return conditions;
  }
}
