import { conditionsText } from '../../../src/assignment/condition-words.js';
import { kindOf, type Flag } from './flag-kind.js';
import { percent } from './format.js';

/** A flag as people write it: what the server adds is not needed to say what it serves. */
export type FlagDefinition = Omit<Flag, 'revision' | 'created_at' | 'updated_at' | 'unserved' | 'driven_by'>;

/** Whom a part of a flag is for, and what they get. */
export interface Serving {
  who: string;
  gets: string;
  /** Where it stands in the definition. */
  path: string;
}

type Rule = NonNullable<FlagDefinition['rules']>[number];

/** What a flag serves to whom, in the order in which it is decided. */
export function servingOf(flag: FlagDefinition, driven_by: readonly string[]): Serving[] {
  const off = offText(flag);
  if (!flag.enabled) return [{ who: 'Everybody', gets: off, path: 'enabled' }];
  const { environments, schedule, prerequisites = [], target_segments, rules = [], segments = {} } = flag;
  return [
    ...(environments
      ? [{ who: `Outside of ${environments.join(', ')}`, gets: off, path: 'environments' }]
      : []),
    ...(schedule ? [{ who: `Outside of ${scheduleText(schedule)}`, gets: off, path: 'schedule' }] : []),
    ...prerequisites.map(({ flag_id, variants }, n) => ({
      who: `Unless flag ${flag_id} gives ${variants.join(' or ')}`,
      gets: off,
      path: `prerequisites.${n}`,
    })),
    ...rules.map((rule, n) => ({ who: ruleWho(rule), gets: ruleGets(flag, rule), path: `rules.${n}` })),
    ...driven_by.map((id) => ({
      who: `Whom experiment ${id} enrols`,
      gets: 'the variant of its arm',
      path: 'driven_by',
    })),
    ...(target_segments
      ? [{ who: `Not in ${either(target_segments)}`, gets: off, path: 'target_segments' }]
      : []),
    ...Object.entries(segments).map(([name, value]) => ({
      who: `In segment ${name}`,
      gets: json(value),
      path: `segments.${name}`,
    })),
    { who: 'Everybody else', gets: elseText(flag), path: elsePath(flag) },
  ];
}

/** All of it in one line, for lists. */
export function servingSummary(flag: FlagDefinition): string {
  if (!flag.enabled) return `${offText(flag)} for everybody`;
  const { rules = [], target_segments } = flag;
  const more = [
    ...(target_segments ? [`only ${either(target_segments)}`] : []),
    ...(rules.length > 0 ? [rules.length === 1 ? '1 rule before' : `${rules.length} rules before`] : []),
  ];
  return [elseText(flag), ...more].join('; ');
}

/** What it serves where it does not apply. */
export function offText(flag: FlagDefinition): string {
  switch (kindOf(flag)) {
    case 'boolean':
      return 'off';
    case 'config':
      return json(flag.default);
    case 'multivariate': {
      const names = Object.keys(flag.variants ?? {});
      if (flag.off_variant === null) return "the code's own default";
      return flag.off_variant ?? (names.includes('control') ? 'control' : (names[0] ?? 'nothing'));
    }
  }
}

function elseText(flag: FlagDefinition): string {
  switch (kindOf(flag)) {
    case 'boolean': {
      const share = flag.rollout_percentage ?? 100;
      if (share === 0 || share === 100) return share === 0 ? 'off' : 'on';
      return `on for ${percent(share)}, off for ${percent(100 - share)}`;
    }
    case 'config':
      return json(flag.default);
    case 'multivariate': {
      const shares = Object.entries(flag.variants ?? {}).map(([name, { weight }]) => [name, weight] as const);
      return sharesText(shares) || offText(flag);
    }
  }
}

function elsePath(flag: FlagDefinition): string {
  const kind = kindOf(flag);
  return kind === 'boolean' ? 'rollout_percentage' : kind === 'multivariate' ? 'variants' : 'default';
}

function ruleWho({ conditions, audience, schedule, environments }: Rule): string {
  const parts = [
    ...(Object.keys(conditions).length > 0 ? [conditionsText(conditions)] : []),
    ...(audience && audience.include.length > 0 ? [`in ${either(audience.include)}`] : []),
    ...(audience && audience.exclude.length > 0 ? [`not in ${either(audience.exclude)}`] : []),
  ];
  const where = environments ? `, in ${environments.join(' or ')}` : '';
  const when = schedule ? `, ${scheduleText(schedule)}` : '';
  return `${parts.length === 0 ? 'everybody' : parts.join(' and ')}${where}${when}`.replace(
    /^[a-z](?=n segment|verybody|ot in)/,
    (first) => first.toUpperCase(),
  );
}

function ruleGets(flag: FlagDefinition, { value, variants, experiment_id }: Rule): string {
  const gets = variants
    ? sharesText(Object.entries(variants))
    : kindOf(flag) === 'boolean'
      ? value === true
        ? 'on'
        : 'off'
      : typeof value === 'string'
        ? value
        : json(value);
  return experiment_id === undefined ? gets : `${gets}, which won in ${experiment_id}`;
}

function sharesText(shares: readonly (readonly [name: string, weight: number])[]): string {
  const some = shares.filter(([, weight]) => weight > 0);
  if (some.length === 1) return some[0]![0];
  return some.map(([name, weight]) => `${name} for ${percent(weight)}`).join(', ');
}

function scheduleText({ from, until }: NonNullable<FlagDefinition['schedule']>): string {
  if (from === undefined && until === undefined) return 'its schedule';
  return [
    ...(from === undefined ? [] : [`from ${dayText(from)}`]),
    ...(until === undefined ? [] : [`until ${dayText(until)}`]),
  ].join(' ');
}

function dayText(at: string): string {
  return at.replace('T', ' ').replace(/:00(\.\d+)?Z$/, ' UTC');
}

function either(names: readonly string[]): string {
  if (names.length === 1) return `segment ${names[0]!}`;
  return `segments ${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`;
}

function json(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
