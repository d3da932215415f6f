import { cumulativeSlots, slotTable } from '../assignment/allocation.js';
import { compileCondition, type Condition } from '../assignment/condition.js';
import type { CompiledExperiment } from '../assignment/experiment.js';
import type { CompiledFlag, CompiledRule, Outcome, Split } from '../assignment/flag.js';
import { kindOf, type Flag, type Segment } from '../model/flag.js';
import type { Json } from '../model/json.js';
import type { Pseudonymise } from '../pseudonym.js';
import type { Fence, ServedExperiment } from '../model/serving.js';
import type { ServedEntry } from './snapshot.js';

export interface CompileInput {
  environment: string;
  flags: readonly Flag[];
  segments: readonly Segment[];
  experiments: readonly ServedExperiment[];
  fences: readonly Fence[];
  pseudonymise: Pseudonymise;
}

export interface Compiled {
  flags: Map<string, CompiledFlag>;
  experiments: Map<string, ServedEntry>;
  /** Definitions that could not be compiled and are not served. */
  broken: { id: string; message: string }[];
}

/** Definitions to closures and slot tables. One that is malformed is left out and named; the rest is served. */
export function compile(input: CompileInput): Compiled {
  const compiled: Compiled = { flags: new Map(), experiments: new Map(), broken: [] };
  const guarded = (id: string, make: () => void): void => {
    try {
      make();
    } catch (error) {
      compiled.broken.push({ id, message: error instanceof Error ? error.message : String(error) });
    }
  };
  const segments = new Map<string, Condition>();
  for (const { segment_id, conditions } of input.segments) {
    guarded(`segment:${segment_id}`, () => segments.set(segment_id, compileCondition(conditions)));
  }
  const byFlag = new Map<string, ServedExperiment[]>();
  for (const served of input.experiments) {
    guarded(`experiment:${served.experiment_id}`, () => {
      compiled.experiments.set(served.experiment_id, compileExperiment(served, segments, input));
      byFlag.set(served.flag_id, [...(byFlag.get(served.flag_id) ?? []), served]);
    });
  }
  for (const flag of input.flags) {
    guarded(`flag:${flag.flag_id}`, () => {
      const own = (byFlag.get(flag.flag_id) ?? []).filter((one) => !one.settled);
      compiled.flags.set(
        flag.flag_id,
        compileFlag(flag, own, compiled.experiments, segments, input.environment),
      );
    });
  }
  for (const [flag_id, all] of byFlag) {
    // An experiment without a flag to drive has one of its own, that serves the control around it. A winner has been
    // written into a flag: where that is gone, somebody deleted it.
    const own = all.filter((one) => !one.settled || (one.outcome_variant ?? one.control) === one.control);
    if (own.length === 0 || compiled.flags.has(flag_id)) continue;
    guarded(`flag:${flag_id}`, () =>
      compiled.flags.set(flag_id, ownFlag(flag_id, own, compiled.experiments, segments)),
    );
  }
  return compiled;
}

/** The audience or target of names: any of them. */
function membership(names: readonly string[], segments: ReadonlyMap<string, Condition>): Condition {
  const tests = names.map(
    (name): Condition => segments.get(name) ?? ((context) => listed(context['segments'], name)),
  );
  return (context) => tests.some((test) => test(context));
}

function listed(segments: unknown, name: string): boolean {
  return Array.isArray(segments) && segments.includes(name);
}

function audience(
  { audience: { include, exclude } }: Pick<ServedExperiment, 'audience'>,
  segments: ReadonlyMap<string, Condition>,
): Condition {
  const included = include.length > 0 ? membership(include, segments) : () => true;
  const excluded = membership(exclude, segments);
  return (context) => included(context) && !excluded(context);
}

function compileExperiment(
  served: ServedExperiment,
  segments: ReadonlyMap<string, Condition>,
  { environment, fences, pseudonymise }: CompileInput,
): ServedEntry {
  const { experiment_id, salt, control, live, layer, holdouts, allocation } = served;
  const excluded = new Set(served.excluded);
  const compiled: CompiledExperiment = {
    experiment_id,
    salt,
    control,
    live,
    fenced: fences.some(({ scope }) => scope === 'all' || scope.includes(experiment_id)),
    isExcluded: excluded.size > 0 ? (unit_id) => excluded.has(pseudonymise(unit_id)) : null,
    holdouts: holdouts.map(({ holdout_id, share }) => ({
      salt: `holdout:${holdout_id}`,
      limit: cumulativeSlots([share])[0]!,
    })),
    layer: layer ? { salt: `layer:${layer.layer_id}`, slots: layer.slots } : null,
    environmentMatches: served.environment === undefined || served.environment === environment,
    isTargeted: audience(served, segments),
    ranges: allocation.ranges,
    table: slotTable(allocation.ranges),
    outcome_variant: served.outcome_variant ?? control,
  };
  return {
    compiled,
    configs: new Map(served.variants.map(({ name, config }) => [name, config])),
    revision: allocation.revision,
    epoch: allocation.epoch,
    started_at: served.started_at,
  };
}

function outcome(variant: string, value: Json): Outcome {
  return { variant, value, json: JSON.stringify(value) };
}

function compileFlag(
  flag: Flag,
  experiments: readonly ServedExperiment[],
  entries: ReadonlyMap<string, ServedEntry>,
  segments: ReadonlyMap<string, Condition>,
  environment: string,
): CompiledFlag {
  const kind = kindOf(flag);
  const outcomes = new Map(
    Object.entries(flag.variants ?? {}).map(([name, { config }]) => [name, outcome(name, config ?? name)]),
  );
  const serve = (variant: string, value: Json): Outcome =>
    kind === 'boolean' ? outcome(value === true ? 'on' : 'off', value) : outcome(variant, value);
  const off =
    kind === 'boolean'
      ? outcome('off', false)
      : kind === 'config'
        ? outcome('default', flag.default!)
        : (outcomes.get('control') ?? [...outcomes.values()][0]!);
  const live = experiments.filter((one) => one.live);
  // The last one that shipped on this flag: until the flag itself is changed, it goes on serving the winner.
  const shipped = experiments.filter((one) => !one.live && one.outcome_variant !== one.control).at(-1);
  return {
    flag_id: flag.flag_id,
    salt: flag.flag_id,
    enabled: flag.enabled,
    environmentMatches: flag.environments === undefined || flag.environments.includes(environment),
    rules: rulesIn(flag, environment).map((rule): CompiledRule => ({
      matches: ruleCondition(rule, segments),
      serve: rule.variants
        ? split(rule.variants, outcomes)
        : kind === 'multivariate'
          ? outcomes.get(rule.value as string)!
          : serve('rule', rule.value!),
    })),
    live: live.map(({ experiment_id, variants }) => ({
      experiment: entries.get(experiment_id)!.compiled,
      outcomes: new Map(
        variants.flatMap(({ name, config }) =>
          config === null
            ? outcomes.has(name)
              ? [[name, outcomes.get(name)!] as const]
              : []
            : [[name, outcome(name, config)] as const],
        ),
      ),
    })),
    shipped: shipped
      ? { isTargeted: audience(shipped, segments), outcome: winnerOf(shipped, outcomes) }
      : null,
    isTargeted: flag.target_segments ? membership(flag.target_segments, segments) : null,
    segments: Object.entries(flag.segments ?? {}).map(([name, value]) => ({
      matches: membership([name], segments),
      outcome: outcome(name, value),
    })),
    split: splitOf(flag, outcomes),
    off,
  };
}

function rulesIn({ rules = [] }: Flag, environment: string): NonNullable<Flag['rules']> {
  return rules.filter(({ environments }) => environments === undefined || environments.includes(environment));
}

function ruleCondition(
  rule: NonNullable<Flag['rules']>[number],
  segments: ReadonlyMap<string, Condition>,
): Condition {
  const matches = compileCondition(rule.conditions);
  if (!rule.audience) return matches;
  const isTargeted = audience({ audience: rule.audience }, segments);
  return (context) => isTargeted(context) && matches(context);
}

function winnerOf(
  { variants, outcome_variant }: ServedExperiment,
  outcomes: ReadonlyMap<string, Outcome>,
): Outcome {
  const name = outcome_variant!;
  const config = variants.find((one) => one.name === name)?.config ?? null;
  return config === null ? (outcomes.get(name) ?? outcome(name, name)) : outcome(name, config);
}

function splitOf(flag: Flag, outcomes: ReadonlyMap<string, Outcome>): Split | null {
  switch (kindOf(flag)) {
    case 'boolean': {
      const share = flag.rollout_percentage ?? 100;
      const [on, off] = [outcome('on', true), outcome('off', false)];
      if (share === 100) return { outcomes: [{ limit: 10_000, outcome: on }] };
      if (share === 0) return { outcomes: [{ limit: 10_000, outcome: off }] };
      return {
        outcomes: [
          { limit: cumulativeSlots([share])[0]!, outcome: on },
          { limit: 10_000, outcome: off },
        ],
      };
    }
    case 'multivariate':
      return split(
        Object.fromEntries(Object.entries(flag.variants!).map(([name, { weight }]) => [name, weight])),
        outcomes,
      );
    case 'config':
      return null;
  }
}

function split(weights: Record<string, number>, outcomes: ReadonlyMap<string, Outcome>): Split {
  const names = Object.keys(weights);
  const limits = cumulativeSlots(Object.values(weights));
  return { outcomes: names.map((name, index) => ({ limit: limits[index]!, outcome: outcomes.get(name)! })) };
}

/** The flag of an experiment that drives no other: its control everywhere, its outcome after the end. */
function ownFlag(
  flag_id: string,
  experiments: readonly ServedExperiment[],
  entries: ReadonlyMap<string, ServedEntry>,
  segments: ReadonlyMap<string, Condition>,
): CompiledFlag {
  const served = experiments.find((one) => one.live) ?? experiments.at(-1)!;
  const outcomes = new Map(served.variants.map(({ name, config }) => [name, outcome(name, config ?? name)]));
  const control = outcomes.get(served.control)!;
  const won = served.live || served.outcome_variant === undefined ? served.control : served.outcome_variant;
  return {
    flag_id,
    salt: flag_id,
    enabled: true,
    environmentMatches: true,
    rules: [],
    live: served.live ? [{ experiment: entries.get(served.experiment_id)!.compiled, outcomes }] : [],
    shipped:
      won === served.control ? null : { isTargeted: audience(served, segments), outcome: outcomes.get(won)! },
    isTargeted: null,
    segments: [],
    split: { outcomes: [{ limit: 10_000, outcome: control }] },
    off: control,
  };
}
