import { kindOf, type Flag, type Segment } from '../model/flag.js';
import type { Json } from '../model/json.js';
import { member, Unsupported } from './fields.js';
import type { Note } from './imported.js';
import { Ledger } from './ledger.js';
import { and, logicOf, NO_LISTS, or } from './to-jsonlogic.js';

/** A flag file of flagd, and what it can not say. */
export interface Exported {
  document: { $schema: string; flags: Record<string, Json>; $evaluators?: Record<string, Json> };
  notes: Note[];
}

/** Definitions as flagd's flag file. With an environment, as they are served there. */
export function toFlagd(
  { flags, segments }: { flags: readonly Flag[]; segments: readonly Segment[] },
  environment?: string,
): Exported {
  const ledger = new Ledger();
  const evaluators = new Evaluators(segments, ledger);
  const made: Record<string, Json> = {};
  for (const flag of flags) {
    try {
      made[flag.flag_id] = new Writer(flag, evaluators, ledger, environment).flag();
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      ledger.lost(member('flags', flag.flag_id), `the flag is left out: ${error.message}`);
    }
  }
  const all = evaluators.all();
  return {
    document: {
      $schema: 'https://flagd.dev/schema/v0/flags.json',
      flags: made,
      ...(Object.keys(all).length > 0 && { $evaluators: all }),
    },
    notes: ledger.notes,
  };
}

/** Segments as shared evaluators: those that refer to others before them, for flagd replaces one after the other. */
class Evaluators {
  private readonly made = new Map<string, Json | Unsupported>();
  private readonly definitions: ReadonlyMap<string, Segment>;

  constructor(
    segments: readonly Segment[],
    private readonly ledger: Ledger,
  ) {
    this.definitions = new Map(segments.map((segment) => [segment.segment_id, segment]));
  }

  /** @throws {Unsupported} where JsonLogic can not say what the segment is */
  readonly reference = (name: string): Json => {
    const segment = this.definitions.get(name);
    // Nobody defined it: the context lists those it is in.
    if (!segment) return { in: [name, { var: 'segments' }] };
    const known = this.made.get(name) ?? this.make(segment);
    if (known instanceof Unsupported) throw new Unsupported(`it rests on the segment ${name}, which is lost`);
    return { $ref: name };
  };

  all(): Record<string, Json> {
    for (const segment of this.definitions.values())
      if (!this.made.has(segment.segment_id)) this.make(segment);
    const good = [...this.made].filter(
      (entry): entry is [string, Json] => !(entry[1] instanceof Unsupported),
    );
    // What was made last refers to what was made before it.
    return Object.fromEntries(good.reverse());
  }

  private make({ segment_id, description, conditions }: Segment): Json | Unsupported {
    const path = member('segments', segment_id);
    const made = this.attempt(segment_id, conditions);
    if (made instanceof Unsupported) this.ledger.lost(path, `the segment is left out: ${made.message}`);
    else if (description) this.ledger.lost(member(path, 'description'), 'an evaluator has none');
    this.made.set(segment_id, made);
    return made;
  }

  private attempt(name: string, conditions: Json): Json | Unsupported {
    try {
      const logic = logicOf(conditions, this.reference, (message) =>
        nearly(this.ledger, member('segments', name), message),
      );
      // An evaluator is an object to flagd.
      return typeof logic === 'boolean' ? { '!!': [logic] } : logic;
    } catch (error) {
      if (error instanceof Unsupported) return error;
      throw error;
    }
  }
}

/** What holds for every equality is said once. */
function nearly(ledger: Ledger, path: string, message: string): void {
  ledger.changed(message === NO_LISTS ? '' : path, message);
}

type Result = string | null | { fractional: Json[] };
type Rule = NonNullable<Flag['rules']>[number];
type Schedule = { from?: string | undefined; until?: string | undefined };

class Writer {
  private readonly path: string;
  private readonly variants = new Map<string, Json>();
  private readonly kind: ReturnType<typeof kindOf>;
  private readonly off: string | null;

  constructor(
    private readonly definition: Flag,
    private readonly evaluators: Evaluators,
    private readonly ledger: Ledger,
    private readonly environment: string | undefined,
  ) {
    this.path = member('flags', definition.flag_id);
    this.kind = kindOf(definition);
    if (this.kind === 'boolean') this.variants.set('on', true).set('off', false);
    if (this.kind === 'config') this.variants.set('default', definition.default!);
    for (const [name, { config, description }] of Object.entries(definition.variants ?? {})) {
      this.variants.set(name, config ?? name);
      if (config === null) this.variants.set(name, null);
      if (description)
        this.ledger.lost(member(member(this.path, 'variants'), name), 'a variant has no description');
    }
    this.off = this.offVariant();
  }

  flag(): Json {
    const { definition } = this;
    if (definition.prerequisites && definition.prerequisites.length > 0) {
      throw new Unsupported('flagd has no prerequisites');
    }
    this.outside(definition.environments, this.path);
    const isHere = this.isHere(definition.environments);
    if (!definition.enabled || !isHere) return this.inactive();
    const rules = (definition.rules ?? []).flatMap((rule, index) =>
      this.rule(rule, member(member(this.path, 'rules'), index)),
    );
    const targets = definition.target_segments;
    const branches: Json[] = rules.flat();
    if (targets) branches.push({ '!': [this.anyOf(targets)] }, this.off);
    for (const [name, value] of Object.entries(definition.segments ?? {})) {
      branches.push(this.evaluators.reference(name), this.variantOf(name, value));
    }
    const otherwise = this.otherwise();
    const window = this.window(definition.schedule, this.path);
    // A result of null is the default variant to flagd: where the code's own default is meant, there is none.
    const isNone = this.off === null && (targets !== undefined || window !== true);
    const rest =
      otherwise === null || (typeof otherwise === 'string' && !isNone && window === true) ? [] : [otherwise];
    const chain: Json = branches.length > 0 ? { if: [...branches, ...rest] } : (rest[0] ?? null);
    const targeting: Json =
      window === true ? chain : { if: [window, chain, ...(this.off === null ? [] : [this.off])] };
    const isFixed = typeof otherwise === 'string' && !isNone;
    return this.made(targeting, window !== true ? this.off : isFixed ? otherwise : null);
  }

  private made(targeting: Json, defaultVariant: string | null): Json {
    const metadata = this.metadata();
    return {
      state: 'ENABLED',
      variants: Object.fromEntries(this.variants),
      ...(defaultVariant !== null && { defaultVariant }),
      ...(targeting !== null && { targeting }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
    };
  }

  /** flagd's DISABLED gives the code's own default; a variant that is to be served instead is all there is then. */
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
    const added = Object.entries(about).filter(([name, value]) => value && !Object.hasOwn(metadata, name));
    for (const [name, value] of Object.entries(about)) {
      if (!value) continue;
      if (Object.hasOwn(metadata, name))
        this.ledger.lost(member(this.path, name), 'the metadata have an entry of that name');
      else this.ledger.changed(member(this.path, name), 'is an entry of the metadata there');
    }
    return { ...(metadata as Record<string, Json>), ...(Object.fromEntries(added) as Record<string, Json>) };
  }

  /** A rule that can not be said is lost: whom it does not match is served the same. */
  private rule(rule: Rule, path: string): [Json, Json][] {
    this.outside(rule.environments, path);
    if (!this.isHere(rule.environments)) return [];
    for (const name of ['description', 'experiment_id'] as const) {
      if (rule[name]) this.ledger.lost(member(path, name), 'a branch of targeting has none');
    }
    try {
      const { include = [], exclude = [] } = rule.audience ?? {};
      const condition = and([
        this.window(rule.schedule, path),
        include.length > 0 ? this.anyOf(include) : true,
        exclude.length > 0 ? { '!': [this.anyOf(exclude)] } : true,
        logicOf(rule.conditions, this.evaluators.reference, (message) => nearly(this.ledger, path, message)),
      ]);
      const served = rule.variants
        ? split(Object.entries(rule.variants), this.ledger, path)
        : this.variantOf('rule', rule.value as Json);
      return [[condition, served]];
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      this.ledger.lost(path, `the rule is left out: ${error.message}`);
      return [];
    }
  }

  /** The name of a variant with a value; config flags get one for each value of their rules and segments. */
  private variantOf(name: string, value: Json): string {
    if (this.kind === 'boolean') return value === true ? 'on' : 'off';
    if (this.kind === 'multivariate') return value as string;
    for (let n = 1; ; n += 1) {
      const own = n === 1 ? name : `${name}-${n}`;
      if (!this.variants.has(own)) this.variants.set(own, value);
      if (JSON.stringify(this.variants.get(own)) === JSON.stringify(value)) return own;
    }
  }

  private otherwise(): Result {
    const { definition } = this;
    if (this.kind === 'config') return 'default';
    if (this.kind === 'boolean') {
      const share = definition.rollout_percentage ?? 100;
      return split(
        [
          ['on', share],
          ['off', 100 - share],
        ],
        this.ledger,
        this.path,
      );
    }
    const weights = Object.entries(definition.variants!).map(([name, { weight }]): [string, number] => [
      name,
      weight,
    ]);
    return weights.every(([, weight]) => weight === 0) ? this.off : split(weights, this.ledger, this.path);
  }

  private offVariant(): string | null {
    const { off_variant, variants = {} } = this.definition;
    if (this.kind === 'boolean') return 'off';
    if (this.kind === 'config') return 'default';
    if (off_variant !== undefined) return off_variant;
    return Object.hasOwn(variants, 'control') ? 'control' : Object.keys(variants)[0]!;
  }

  private anyOf(segments: readonly string[]): Json {
    return or(segments.map((name) => this.evaluators.reference(name)));
  }

  private window(schedule: Schedule | undefined, path: string): Json {
    const seconds = (time: string): number => {
      const ms = Date.parse(time);
      if (ms % 1000 !== 0) this.ledger.changed(member(path, 'schedule'), 'flagd counts whole seconds');
      return Math.ceil(ms / 1000);
    };
    const clock = { var: '$flagd.timestamp' };
    return and([
      schedule?.from === undefined || { '>=': [clock, seconds(schedule.from)] },
      schedule?.until === undefined || { '<': [clock, seconds(schedule.until)] },
    ]);
  }

  private isHere(environments: readonly string[] | undefined): boolean {
    return (
      environments === undefined || this.environment === undefined || environments.includes(this.environment)
    );
  }

  private outside(environments: readonly string[] | undefined, path: string): void {
    if (environments === undefined || this.environment !== undefined) return;
    this.ledger.lost(
      member(path, 'environments'),
      'flagd has none: name one by --environment to export what holds there',
    );
  }
}

/** Shares as whole numbers without a common factor. */
function split(weights: readonly (readonly [string, number])[], ledger: Ledger, path: string): Result {
  const parts = weights
    .map(([name, weight]) => [name, Math.round(weight * 100)] as const)
    .filter(([, one]) => one > 0);
  if (parts.length === 1) return parts[0]![0];
  ledger.changed(path, 'the shares stay, but units are dealt anew');
  const factor = parts.map(([, one]) => one).reduce(gcd);
  return { fractional: parts.map(([name, one]) => [name, one / factor]) };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
