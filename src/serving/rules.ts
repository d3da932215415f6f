import { cumulativeSlots } from '../assignment/allocation.js';
import type {
  Conditions,
  ExperimentRules,
  FlagRules,
  Outcome,
  Rule,
  Schedule,
  Serve,
} from '../assignment/document.js';
import { SLOTS } from '../assignment/hash.js';
import { portableConditions } from '../model/conditions.js';
import { kindOf, type Flag, type Segment } from '../model/flag.js';
import type { Json } from '../model/json.js';
import type { ServedExperiment } from '../model/serving.js';

// Definitions, as people write them, into the rules of docs/snapshot.md, as evaluators read them.

type Audience = ServedExperiment['audience'];

/** What serving knows of a flag: its newest definition and revision, and the experiments on it. */
export interface FlagSource {
  flag: Flag;
  revision: number;
  experiments: readonly ServedExperiment[];
  environment: string;
}

export function segmentRules({ conditions }: Segment): Conditions {
  return portableConditions(conditions).conditions;
}

export function experimentRules(
  served: ServedExperiment,
  isFenced: boolean,
  environment: string,
): ExperimentRules {
  const { layer, holdouts, allocation, variants } = served;
  const isElsewhere = served.environment !== undefined && served.environment !== environment;
  const configs = variants.flatMap(({ name, config }) => (config === null ? [] : [[name, config] as const]));
  return {
    experiment_id: served.experiment_id,
    flag: served.flag_id,
    salt: served.salt,
    control: served.control,
    revision: allocation.revision,
    live: served.live,
    ...(isFenced && { fenced: true }),
    ...(isElsewhere && { inactive: true }),
    conditions: audience(served.audience),
    ...(holdouts.length > 0 && {
      holdouts: holdouts.map(({ holdout_id, share }) => [`holdout:${holdout_id}`, slots(share)]),
    }),
    ...(layer && {
      layer: { salt: `layer:${layer.layer_id}`, slots: layer.slots.map(({ from, to }) => [from, to]) },
    }),
    ranges: allocation.ranges.map(({ from, to, variant }) => [from, to, variant]),
    ...(served.excluded.length > 0 && { excluded: served.excluded }),
    ...(Object.keys(served.overrides).length > 0 && { overrides: served.overrides }),
    ...(configs.length > 0 && { configs: Object.fromEntries(configs) }),
  };
}

export function flagRules({ flag, revision, experiments, environment }: FlagSource): FlagRules {
  const kind = kindOf(flag);
  const variants = new Map(
    Object.entries(flag.variants ?? {}).map(([name, { config }]) => [name, outcome(name, config ?? name)]),
  );
  const off = offOf(flag, variants);
  const live = experiments.filter((one) => one.live);
  // The last one that shipped on this flag: until the flag itself is changed, it goes on serving the winner.
  const shipped = experiments.filter((one) => !one.live && one.outcome_variant !== one.control).at(-1);
  const before = (flag.rules ?? [])
    .filter(({ environments }) => environments === undefined || environments.includes(environment))
    .map((rule): Rule => ({
      conditions: within(rule.audience, portableConditions(rule.conditions).conditions),
      ...scheduled(rule.schedule),
      serve: rule.variants
        ? split(Object.entries(rule.variants).map(([name, weight]) => [weight, variants.get(name)!]))
        : kind === 'multivariate'
          ? variants.get(rule.value as string)!
          : outcome(kind === 'boolean' ? onOff(rule.value) : 'rule', rule.value!),
    }));
  const gate = flag.target_segments;
  const after: FlagRules['after'] = [
    ...(shipped
      ? [
          {
            conditions: audience(shipped.audience),
            serve: winnerOf(shipped, variants),
            reason: 'TARGETING_MATCH' as const,
          },
        ]
      : []),
    ...(gate ? [{ conditions: { $notInGroup: gate }, serve: off, reason: 'DEFAULT' as const }] : []),
    ...Object.entries(flag.segments ?? {}).map(([name, value]) => ({
      conditions: { $inGroup: name },
      serve: outcome(name, value),
      reason: 'TARGETING_MATCH' as const,
    })),
  ];
  const otherwise = otherwiseOf(flag, variants, off);
  const inactive = !flag.enabled
    ? 'DISABLED'
    : flag.environments && !flag.environments.includes(environment)
      ? 'DEFAULT'
      : null;
  const isChoice = before.length > 0 || (flag.segments && Object.keys(flag.segments).length > 0);
  return {
    key: flag.flag_id,
    revision,
    ...(flag.metadata && { metadata: flag.metadata }),
    off,
    ...(inactive && { inactive }),
    ...scheduled(flag.schedule),
    ...(flag.prerequisites && {
      prerequisites: flag.prerequisites.map(({ flag_id, variants: wanted }) => ({
        flag: flag_id,
        variants: wanted,
      })),
    }),
    ...(before.length > 0 && { before }),
    ...(live.length > 0 && {
      experiments: live.map((one) => ({
        experiment_id: one.experiment_id,
        outcomes: outcomesOf(one, variants),
      })),
    }),
    ...(after.length > 0 && { after }),
    else: otherwise,
    else_reason:
      'split' in otherwise
        ? 'SPLIT'
        : gate
          ? 'TARGETING_MATCH'
          : isChoice || isForNobody(flag)
            ? 'DEFAULT'
            : 'STATIC',
  };
}

/** The flag of experiments that drive no other: their control everywhere, their outcome after the end. */
export function ownFlagRules(flag_id: string, experiments: readonly ServedExperiment[]): FlagRules {
  const served = experiments.find((one) => one.live) ?? experiments.at(-1)!;
  const outcomes = Object.fromEntries(
    served.variants.map(({ name, config }) => [name, outcome(name, config ?? name)]),
  );
  const control = outcomes[served.control]!;
  const won = served.live ? served.control : (served.outcome_variant ?? served.control);
  return {
    key: flag_id,
    revision: served.allocation.revision,
    off: control,
    ...(served.live && { experiments: [{ experiment_id: served.experiment_id, outcomes }] }),
    ...(won !== served.control && {
      after: [{ conditions: audience(served.audience), serve: outcomes[won]!, reason: 'TARGETING_MATCH' }],
    }),
    else: control,
    else_reason: 'STATIC',
  };
}

function outcome(variant: string, value: Json): Outcome {
  return { variant, value };
}

function onOff(value: Json | undefined): string {
  return value === true ? 'on' : 'off';
}

function offOf(flag: Flag, variants: ReadonlyMap<string, Outcome>): Outcome {
  switch (kindOf(flag)) {
    case 'boolean':
      return outcome('off', false);
    case 'config':
      return outcome('default', flag.default!);
    case 'multivariate':
      if (flag.off_variant === null) return {};
      return variants.get(flag.off_variant ?? 'control') ?? [...variants.values()][0]!;
  }
}

/** What is served where no rule, experiment or segment decides. */
function otherwiseOf(flag: Flag, variants: ReadonlyMap<string, Outcome>, off: Outcome): Serve {
  switch (kindOf(flag)) {
    case 'boolean': {
      const share = flag.rollout_percentage ?? 100;
      return split([
        [share, outcome('on', true)],
        [100 - share, off],
      ]);
    }
    case 'multivariate':
      if (isForNobody(flag)) return off;
      return split(Object.entries(flag.variants!).map(([name, { weight }]) => [weight, variants.get(name)!]));
    case 'config':
      return off;
  }
}

/** A multivariate flag whose variants are given by its rules alone. */
function isForNobody({ variants }: Flag): boolean {
  return variants !== undefined && Object.values(variants).every(({ weight }) => weight === 0);
}

/** Shares in per cent that add up to 100; those of nothing are left out. */
function split(shares: readonly (readonly [share: number, outcome: Outcome])[]): Serve {
  const limits = cumulativeSlots(shares.map(([share]) => share));
  const parts = shares
    .map(([, one], index) => [limits[index]!, one] as [number, Outcome])
    .filter(([limit], index) => limit > (limits[index - 1] ?? 0));
  return parts.length === 1 ? parts[0]![1] : { split: [...parts.slice(0, -1), [SLOTS, parts.at(-1)![1]]] };
}

function slots(share: number): number {
  return cumulativeSlots([share])[0]!;
}

/** A treatment without a config of its own serves the flag's variant of that name; a control then serves the flag. */
function outcomesOf(
  { variants }: ServedExperiment,
  own: ReadonlyMap<string, Outcome>,
): Record<string, Outcome> {
  return Object.fromEntries(
    variants.flatMap(({ name, config }) => {
      const served = config === null ? own.get(name) : outcome(name, config);
      return served ? [[name, served] as const] : [];
    }),
  );
}

function winnerOf(
  { variants, outcome_variant }: ServedExperiment,
  own: ReadonlyMap<string, Outcome>,
): Outcome {
  const name = outcome_variant!;
  const config = variants.find((one) => one.name === name)?.config ?? null;
  return config === null ? (own.get(name) ?? outcome(name, name)) : outcome(name, config);
}

function audience({ include, exclude }: Audience): Conditions {
  return {
    ...(include.length > 0 && { $inGroup: include }),
    ...(exclude.length > 0 && { $notInGroup: exclude }),
  };
}

function within(of: Audience | undefined, conditions: Conditions): Conditions {
  if (!of || (of.include.length === 0 && of.exclude.length === 0)) return conditions;
  return { $and: [audience(of), conditions] };
}

function scheduled(schedule: Flag['schedule']): { schedule?: Schedule } {
  if (!schedule) return {};
  const { from, until } = schedule;
  return {
    schedule: {
      ...(from !== undefined && { from: Date.parse(from) }),
      ...(until !== undefined && { until: Date.parse(until) }),
    },
  };
}
