import { failure } from '../src/errors.js';
import type { Store } from '../src/store/store.js';
import type { Caller } from './auth.js';

/** The environments that something is for. What names none is for every one. */
export type Environments = 'every' | readonly string[];

/**
 * What a call is about. `own`: it keeps to the environments of its key by itself, such as a list that leaves out the rest.
 * `whole`: it tells of all environments at once. Null: there is no such thing, and the call says so.
 */
export type Concern = Environments | 'whole' | 'own' | null;

/** A request before its body is checked: who may not make it hears that first. */
export interface RawCall<Parameter extends string = string> {
  params: Record<Parameter, string>;
  body: unknown;
}

/**
 * A key that is limited to environments may read what is for one of them, and change what is for no other.
 *
 * @throws {RampartError} forbidden
 */
export function authoriseEnvironments(caller: Caller, isRead: boolean, concern: Concern): void {
  const { environments: own } = caller;
  if (own === null || concern === null || concern === 'own') return;
  if (concern !== 'whole' && (isRead ? isForOneOf(concern, own) : isForNoneBut(concern, own))) return;
  const what = typeof concern === 'string' ? 'every environment' : concern.join(', ');
  throw failure(
    'forbidden',
    `this key is for ${own.join(', ')}, and this concerns ${what}: use a key without environments, or one for them`,
  );
}

function isForOneOf(concern: Environments, own: readonly string[]): boolean {
  return concern === 'every' || concern.some((name) => own.includes(name));
}

function isForNoneBut(concern: Environments, own: readonly string[]): boolean {
  return concern !== 'every' && concern.every((name) => own.includes(name));
}

/** Whether something with this list of environments is for none but those of the caller's key. */
export function isWithin(
  { environments: own }: Caller,
  environments: readonly string[] | undefined,
): boolean {
  return own === null || isForNoneBut(listed(environments), own);
}

/** Whether something with this list of environments is for one of those of the caller's key. */
export function isVisible(
  { environments: own }: Caller,
  environments: readonly string[] | undefined,
): boolean {
  return own === null || isForOneOf(listed(environments), own);
}

/** What two things are for, together. */
export function together(one: Environments, other: Environments): Environments {
  return one === 'every' || other === 'every' ? 'every' : [...new Set([...one, ...other])];
}

/** What a definition with this list of environments is for. */
export function listed(environments: readonly string[] | undefined): Environments {
  return environments ?? 'every';
}

/** What an experiment in this environment is for. */
export function single(environment: string | undefined): Environments {
  return environment === undefined ? 'every' : [environment];
}

/** What a body is for that lists its `environments`. One that is malformed is for every one until it is refused. */
export function listedIn(body: unknown): Environments {
  const environments = fieldOf(body, 'environments');
  const isList = Array.isArray(environments) && environments.every((name) => typeof name === 'string');
  return isList ? environments : 'every';
}

/** As `listedIn`, of a body that names one `environment`. */
export function singleIn(body: unknown): Environments {
  const environment = fieldOf(body, 'environment');
  return typeof environment === 'string' ? [environment] : 'every';
}

function fieldOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
}

/** The calls about one experiment: what it is for. */
export function ofExperiment({ experiments }: Pick<Store, 'experiments'>) {
  return async ({ params }: RawCall<'experiment_id'>): Promise<Environments | null> => {
    const [found] = await experiments.placesOf([params.experiment_id]);
    return found ? single(found.environment) : null;
  };
}

/** Things that are shared by all environments, such as metrics and policies. */
export const shared = (): Environments => 'every';

/** What tells of every environment at once, such as the audit trail: a key that is limited may not even read it. */
export const wholeInstallation = (): 'whole' => 'whole';

/** Calls that keep to the environments of their key by themselves. */
export const own = (): 'own' => 'own';
