import { cumulativeSlots } from '../assignment/allocation.js';
import type {
  Conditions,
  ExperimentRules,
  ExperimentSegments,
  FlagRules,
  Outcome,
  Reason,
  Rule,
  Schedule,
  Serve,
} from '../assignment/document.js';
import { SLOTS } from '../assignment/hash.js';
import { portableConditions } from '../model/conditions.js';
import { kindOf, type Flag, type Segment } from '../model/flag.js';
import type { FrozenSegments } from '../model/frozen-segments.js';
import type { Json } from '../model/json.js';
import type { ServedExperiment } from '../model/serving.js';

// Turns definitions, as people write them, into the rules that evaluators read. docs/snapshot.md describes those.

type Audience = ServedExperiment['audience'];
type FlagRule = NonNullable<Flag['rules']>[number];
/** By the name of a variant. */
type Outcomes = ReadonlyMap<string, Outcome>;

/** What serving knows of a flag: its newest definition and revision, and the experiments on it. */
export interface ServedFlag {
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
    conditions: audienceConditions(served.audience),
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
    ...(served.segments && { segments: ownSegments(served.segments) }),
  };
}

function ownSegments({ names, definitions }: FrozenSegments): ExperimentSegments {
  const conditions = definitions.map(({ segment_id, conditions: text }): [string, Conditions] => [
    segment_id,
    portableConditions(JSON.parse(text) as Record<string, unknown>).conditions,
  ]);
  return { names, conditions: Object.fromEntries(conditions) };
}

export function flagRules({ flag, revision, experiments, environment }: ServedFlag): FlagRules {
  const variants = variantOutcomes(flag);
  const off = offOutcome(flag, variants);
  const inactive = inactiveReason(flag, environment);
  const before = rulesBefore(flag, variants, environment);
  const live = experiments.filter((experiment) => experiment.live);
  const after = rulesAfter(flag, variants, off, unsettledWinner(experiments));
  const otherwise = elseServe(flag, variants, off);
  return {
    key: flag.flag_id,
    revision,
    ...(flag.metadata && { metadata: flag.metadata }),
    off,
    ...(inactive && { inactive }),
    ...scheduled(flag.schedule),
    ...(flag.prerequisites && {
      prerequisites: flag.prerequisites.map(({ flag_id, variants: needed }) => ({
        flag: flag_id,
        variants: needed,
      })),
    }),
    ...(before.length > 0 && { before }),
    ...(live.length > 0 && {
      experiments: live.map((experiment) => ({
        experiment_id: experiment.experiment_id,
        outcomes: experimentOutcomes(experiment, variants),
      })),
    }),
    ...(after.length > 0 && { after }),
    else: otherwise,
    else_reason: elseReason(flag, otherwise, before.length > 0),
  };
}

/** Why a flag serves `off` to everybody; null if it does not. */
function inactiveReason({ enabled, environments }: Flag, environment: string): FlagRules['inactive'] | null {
  if (!enabled) return 'DISABLED';
  return environments && !environments.includes(environment) ? 'DEFAULT' : null;
}

/** The flag's own rules, which decide before any experiment does. */
function rulesBefore(flag: Flag, variants: Outcomes, environment: string): Rule[] {
  return (flag.rules ?? [])
    .filter((rule) => isRuleHere(rule, environment))
    .map((rule) => ({
      conditions: within(rule.audience, portableConditions(rule.conditions).conditions),
      ...scheduled(rule.schedule),
      serve: ruleServe(flag, rule, variants),
    }));
}

function isRuleHere({ environments }: FlagRule, environment: string): boolean {
  return environments === undefined || environments.includes(environment);
}

/** Where each rule of `flagRules` stands in what people wrote, as the paths of errors have it. */
export function rulePaths({ flag, experiments, environment }: Omit<ServedFlag, 'revision'>): {
  before: string[];
  after: string[];
  otherwise: string;
} {
  const winner = unsettledWinner(experiments);
  const kind = kindOf(flag);
  return {
    before: (flag.rules ?? []).flatMap((rule, n) => (isRuleHere(rule, environment) ? [`rules.${n}`] : [])),
    after: [
      ...(winner ? [`experiments.${winner.experiment_id}`] : []),
      ...(flag.target_segments ? ['target_segments'] : []),
      ...Object.keys(flag.segments ?? {}).map((name) => `segments.${name}`),
    ],
    otherwise: kind === 'boolean' ? 'rollout_percentage' : kind === 'multivariate' ? 'variants' : 'default',
  };
}

function ruleServe(flag: Flag, { variants: weights, value }: FlagRule, variants: Outcomes): Serve {
  if (weights) return split(Object.entries(weights).map(([name, weight]) => [weight, variants.get(name)!]));
  switch (kindOf(flag)) {
    case 'multivariate':
      return variants.get(value as string)!;
    case 'boolean':
      return outcome(value === true ? 'on' : 'off', value!);
    case 'config':
      return outcome('rule', value!);
  }
}

/** What decides after the experiments, and for the units that are in none. */
function rulesAfter(
  flag: Flag,
  variants: Outcomes,
  off: Outcome,
  winner: ServedExperiment | undefined,
): NonNullable<FlagRules['after']> {
  const gate = flag.target_segments;
  return [
    ...(winner ? [targeted(audienceConditions(winner.audience), winnerOutcome(winner, variants))] : []),
    ...(gate ? [{ conditions: { $notInGroup: gate }, serve: off, reason: 'DEFAULT' as const }] : []),
    ...Object.entries(flag.segments ?? {}).map(([name, value]) =>
      targeted({ $inGroup: name }, outcome(name, value)),
    ),
  ];
}

function targeted(conditions: Conditions, serve: Outcome): Rule & { reason: Reason } {
  return { conditions, serve, reason: 'TARGETING_MATCH' };
}

/**
 * The experiment whose winner this flag serves until the winner is written into the flag itself. That takes moments,
 * so there is hardly ever more than one; of several, the one that was read last, which is the one that changed last.
 */
function unsettledWinner(experiments: readonly ServedExperiment[]): ServedExperiment | undefined {
  return experiments.filter((one) => !one.live && one.outcome_variant !== one.control).at(-1);
}

/** What is served where no rule, experiment or segment decides. */
function elseServe(flag: Flag, variants: Outcomes, off: Outcome): Serve {
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

function elseReason(flag: Flag, serve: Serve, hasRules: boolean): Reason {
  if ('split' in serve) return 'SPLIT';
  // Units outside of these segments got `off` before.
  if (flag.target_segments) return 'TARGETING_MATCH';
  const hasChoice = hasRules || Object.keys(flag.segments ?? {}).length > 0;
  return hasChoice || isForNobody(flag) ? 'DEFAULT' : 'STATIC';
}

/**
 * The flag of experiments that drive no defined one: the control outside of the experiment, and after its end the
 * winner for its audience. Of several experiments the first live one counts, else the one that was read last, which is the one
 * that changed last.
 */
export function ownFlagRules(flag_id: string, experiments: readonly ServedExperiment[]): FlagRules {
  const served = experiments.find((experiment) => experiment.live) ?? experiments.at(-1)!;
  const outcomes = Object.fromEntries(
    served.variants.map(({ name, config }) => [name, outcome(name, config ?? name)]),
  );
  const control = outcomes[served.control]!;
  const winner = served.live ? served.control : (served.outcome_variant ?? served.control);
  return {
    key: flag_id,
    revision: served.allocation.revision,
    off: control,
    ...(served.live && { experiments: [{ experiment_id: served.experiment_id, outcomes }] }),
    ...(winner !== served.control && {
      after: [targeted(audienceConditions(served.audience), outcomes[winner]!)],
    }),
    else: control,
    else_reason: 'STATIC',
  };
}

function outcome(variant: string, value: Json): Outcome {
  return { variant, value };
}

/** A multivariate flag's variants by name. */
function variantOutcomes({ variants = {} }: Flag): Outcomes {
  return new Map(Object.entries(variants).map(([name, { config }]) => [name, outcome(name, config ?? name)]));
}

/** What a flag serves where it does not apply. */
function offOutcome(flag: Flag, variants: Outcomes): Outcome {
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

/** Whether it is a multivariate flag whose variants are served by its rules only. */
function isForNobody({ variants }: Flag): boolean {
  return variants !== undefined && Object.values(variants).every(({ weight }) => weight === 0);
}

/** Shares in per cent that add up to 100. A share of no slots is left out. */
function split(shares: readonly (readonly [share: number, outcome: Outcome])[]): Serve {
  const limits = cumulativeSlots(shares.map(([share]) => share));
  const parts = shares
    .map(([, served], index): [limit: number, outcome: Outcome] => [limits[index]!, served])
    .filter(([limit], index) => limit > (limits[index - 1] ?? 0));
  return parts.length === 1 ? parts[0]![1] : { split: [...parts.slice(0, -1), [SLOTS, parts.at(-1)![1]]] };
}

function slots(share: number): number {
  return cumulativeSlots([share])[0]!;
}

/**
 * What the variants of an experiment serve: their config, else the flag's variant of the same name. A variant with
 * neither is left out: it serves whatever the flag serves without the experiment.
 */
function experimentOutcomes({ variants }: ServedExperiment, ofFlag: Outcomes): Record<string, Outcome> {
  return Object.fromEntries(
    variants.flatMap(({ name, config }) => {
      const served = config === null ? ofFlag.get(name) : outcome(name, config);
      return served ? [[name, served] as const] : [];
    }),
  );
}

function winnerOutcome({ variants, outcome_variant }: ServedExperiment, ofFlag: Outcomes): Outcome {
  const winner = outcome_variant!;
  const config = variants.find(({ name }) => name === winner)?.config ?? null;
  return config === null ? (ofFlag.get(winner) ?? outcome(winner, winner)) : outcome(winner, config);
}

function audienceConditions({ include, exclude }: Audience): Conditions {
  return {
    ...(include.length > 0 && { $inGroup: include }),
    ...(exclude.length > 0 && { $notInGroup: exclude }),
  };
}

function within(audience: Audience | undefined, conditions: Conditions): Conditions {
  if (!audience || (audience.include.length === 0 && audience.exclude.length === 0)) return conditions;
  return { $and: [audienceConditions(audience), conditions] };
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
