import type { Json } from '../model/json.js';
import { served, sharesOf, stacked, type Outcome } from './cascade.js';
import { absent, all, not } from './conditions.js';
import { DEALT_ANEW } from './dealing.js';
import { asText, Fields, isObject, malformed, member, Unsupported } from './fields.js';
import { finish, planned } from './finish.js';
import { Ids } from './ids.js';
import type { Imported } from './imported.js';
import {
  attributeOf,
  both,
  conditionsOf,
  guardOf,
  isBoolean,
  operation,
  type Guard,
  type Scope,
} from './jsonlogic.js';
import { metadataOf } from './labels.js';
import { Ledger } from './ledger.js';
import { FLAGD } from './meaningless.js';
import type { Plan, PlannedRule, PlannedVariant, Serve } from './plan.js';
import { Shelf } from './shelf.js';

/**
 * A flag file of flagd (https://flagd.dev/schema/v0/flags.json).
 *
 * @throws {RampartError} validation_failed, naming the path, where the document is none
 */
export function fromFlagd(document: unknown, ledger = new Ledger()): Imported {
  const file = new Fields(document, '', ledger);
  if (!file.has('flags')) file.missing('flags');
  const evaluators = file.object('$evaluators')?.raw() ?? {};
  const metadata = metadataOf(file.object('metadata'));
  const flags = file.entries('flags');
  file.close(FLAGD.document);
  const ids = new Ids(
    flags.map(([key]) => key),
    'flags',
    ledger,
  );
  const { shelf, scope } = shelve(evaluators, ledger);
  const read = flags.map(([key, fields]) =>
    planned(key, fields.path, () =>
      new Reader(key, fields, { ...scope, flagKey: key }, evaluators).plan(ids.of(key)!, metadata),
    ),
  );
  return finish(read, shelf, ledger);
}

/** Evaluators that are conditions become segments; the others are written out where flags refer to them. */
function shelve(evaluators: Readonly<Record<string, Json>>, ledger: Ledger): { shelf: Shelf; scope: Scope } {
  const names = Object.keys(evaluators).filter((name) => isBoolean(evaluators[name]!, evaluators));
  const scope: Scope = { evaluator: (name) => shelf.member(name) };
  const groups = names.map((key) => ({
    key,
    path: member('$evaluators', key),
    conditions: () => conditionsOf(evaluators[key]!, scope),
  }));
  for (const name of Object.keys(evaluators)) {
    if (names.includes(name)) continue;
    ledger.changed(
      member('$evaluators', name),
      'is no condition: it is written out in the flags that refer to it',
    );
  }
  const shelf: Shelf = new Shelf(groups, new Ids(names, '$evaluators', ledger), ledger);
  return { shelf, scope };
}

class Reader {
  private readonly variants: PlannedVariant[];
  private readonly fallback: Outcome;
  private readonly rules: PlannedRule[] = [];
  private readonly ledger: Ledger;
  /** Something decided for everybody: what follows is never reached. */
  private isDecided = false;

  constructor(
    private readonly key: string,
    private readonly fields: Fields,
    private readonly scope: Scope,
    private readonly evaluators: Readonly<Record<string, Json>>,
  ) {
    this.ledger = fields.ledger;
    const variants = fields.object('variants') ?? fields.missing('variants');
    this.variants = Object.entries(variants.raw()).map(([name, value]) => ({
      name,
      value,
      path: variants.at(name),
    }));
    this.fallback = fields.text('defaultVariant') || null;
    if (this.fallback !== null && !this.isVariant(this.fallback)) {
      throw malformed(fields.at('defaultVariant'), `${this.fallback} is none of the flag's variants`);
    }
  }

  plan(flag_id: string, shared: Record<string, string | number | boolean>): Plan {
    const { fields } = this;
    const state = fields.name('state');
    if (state !== 'ENABLED' && state !== 'DISABLED')
      throw malformed(fields.at('state'), 'must be ENABLED or DISABLED');
    const targeting = fields.json('targeting') ?? null;
    const metadata = { ...shared, ...metadataOf(fields.object('metadata')) };
    fields.close();
    if (targeting !== null && !isObject(targeting))
      throw malformed(fields.at('targeting'), 'must be an object');
    if (targeting !== null && Object.keys(targeting).length > 0) {
      this.decide(targeting, { conditions: {} }, fields.at('targeting'), []);
    }
    const last = this.isDecided ? this.rules.pop()! : undefined;
    if (last && fields.has('defaultVariant')) {
      this.ledger.changed(fields.at('defaultVariant'), 'is left out: the targeting decides for everybody');
    }
    return {
      key: this.key,
      flag_id,
      path: fields.path,
      enabled: state === 'ENABLED',
      metadata,
      variants: this.variants,
      // A disabled flag gives the code's own default.
      off: null,
      prerequisites: [],
      rules: this.rules,
      otherwise: last ? last.serve : this.fallback,
      otherwisePath: last?.path ?? fields.path,
    };
  }

  /** Adds the rules that come of an expression that answers the name of a variant. `inlined` are evaluators on the way. */
  private decide(logic: Json, guard: Guard, path: string, inlined: readonly string[]): void {
    const made = operation(logic);
    if (!made) return this.serve(this.named(logic, path), guard, path);
    const { operator, operands } = made;
    const at = member(path, operator);
    if (operator === 'if' || operator === '?:') return this.branch(operands, guard, at, inlined);
    if (operator === 'fractional') return this.serve(this.split(operands, at), guard, at);
    if (isBoolean(logic, this.evaluators)) {
      this.serve(this.named(true, path), both([guard, guardOf(logic, this.scope)]), path);
      return this.serve(this.named(false, path), guard, path);
    }
    if (operator === '$ref') {
      const name = asText(operands[0]);
      const evaluator = this.evaluators[name];
      if (evaluator === undefined) throw new Unsupported(`there is no evaluator ${name}`);
      if (inlined.includes(name)) throw new Unsupported(`the evaluator ${name} refers to itself`);
      return this.decide(evaluator, guard, path, [...inlined, name]);
    }
    if (operator === 'var') {
      const attribute = attributeOf(logic);
      for (const { name } of this.variants)
        this.serve(name, both([guard, { conditions: { [attribute]: name } }]), path);
      this.serve(null, both([guard, { conditions: not(absent(attribute)) }]), path);
      return this.serve(this.fallback, guard, path);
    }
    throw new Unsupported(`${operator} as a result`);
  }

  private branch(operands: readonly Json[], guard: Guard, path: string, inlined: readonly string[]): void {
    for (let index = 0; index + 1 < operands.length; index += 2) {
      // What a branch can not say concerns those whom it matches: the others are served by what follows.
      const before = this.rules.length;
      try {
        const met = both([guard, guardOf(operands[index]!, this.scope)]);
        this.decide(operands[index + 1]!, met, member(path, index + 1), inlined);
      } catch (error) {
        if (!(error instanceof Unsupported)) throw error;
        this.rules.length = before;
        this.ledger.lost(member(path, index), `the branch is left out: ${error.message}`);
      }
    }
    const hasElse = operands.length % 2 === 1;
    const at = hasElse ? member(path, operands.length - 1) : path;
    this.decide(hasElse ? operands.at(-1)! : null, guard, at, inlined);
  }

  private serve(serve: Serve, guard: Guard, path: string): void {
    const { conditions, from, until } = guard;
    if (this.isDecided)
      return this.ledger.lost(path, 'is never reached: what stands before it is for everybody');
    if (JSON.stringify(conditions) === JSON.stringify(all([{ $nor: [{}] }]))) {
      return this.ledger.lost(path, 'is never reached: its condition holds for nobody');
    }
    const isForEverybody = Object.keys(conditions).length === 0 && from === undefined && until === undefined;
    // Nothing decided: the default variant stands at the end anyway.
    if (isForEverybody && serve === this.fallback) return;
    this.isDecided = isForEverybody;
    const schedule = {
      ...(from !== undefined && { from: iso(from) }),
      ...(until !== undefined && { until: iso(until) }),
    };
    this.rules.push({ path, conditions, serve, ...(Object.keys(schedule).length > 0 && { schedule }) });
  }

  /** The variant that a result means; a name of none is an error there, answered with the code's own default. */
  private named(result: Json, path: string): Outcome {
    if (result === null) return this.fallback;
    if (typeof result === 'object') throw new Unsupported('a list as a result');
    const name = String(result);
    if (this.isVariant(name)) return name;
    this.ledger.changed(
      path,
      `${name} is none of the variants: the code's own default is served, without an error`,
    );
    return null;
  }

  private split(operands: readonly Json[], path: string): Serve {
    const hasKey = operands.length > 0 && !Array.isArray(operands[0]);
    const entries = hasKey ? operands.slice(1) : operands;
    const weights = entries.map((entry, index): [Outcome, number] => {
      if (!Array.isArray(entry) || entry.length === 0 || entry.length > 2) {
        throw malformed(member(path, index + (hasKey ? 1 : 0)), 'must be a list of a variant and a weight');
      }
      const [name = null, weight = 1] = entry;
      if (isObject(name) || typeof weight !== 'number') throw new Unsupported('a computed variant or weight');
      return [this.named(name, member(path, index)), Math.max(0, weight)];
    });
    const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
    if (total <= 0) throw new Unsupported('fractional without any weight');
    this.ledger.changed(
      path,
      hasKey
        ? `${DEALT_ANEW}, and by the targetingKey: ${JSON.stringify(operands[0])} is left out`
        : DEALT_ANEW,
    );
    const shares = sharesOf([{ path, conditions: {}, line: '', pieces: stacked(weights, total) }]);
    return served(shares);
  }

  private isVariant(name: string): boolean {
    return this.variants.some((one) => one.name === name);
  }
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
