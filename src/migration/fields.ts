import type { Json } from '../model/json.js';
import type { Ledger } from './ledger.js';
import { malformed } from './migration-errors.js';
import { memberPath } from './source-path.js';

export function isObject(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of a list, or of an object, which names it. It may be anything. */
export interface Member {
  path: string;
  name?: string;
  value: Json;
}

/** A value as a string: strings as they are, others as JSON. */
export function asText(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** Names of fields that do not affect what is served, each with what it is. */
export type IgnoredFields = Readonly<Record<string, string>>;

/**
 * An object of a document that remembers which of its fields were read: `close` accounts for the others, so that none is
 * dropped silently. Every accessor returns undefined for a field that is missing or null.
 *
 * @throws {Malformed} naming the path, where a field does not have the requested type
 */
export class Fields {
  private readonly value: Record<string, Json>;
  private readonly read = new Set<string>();

  constructor(
    value: unknown,
    readonly path: string,
    readonly ledger: Ledger,
  ) {
    if (!isObject(value)) throw malformed(path, 'must be an object');
    this.value = { ...value };
  }

  /** The path of a field. */
  at(name: string): string {
    return memberPath(this.path, name);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.value, name) && this.value[name] !== undefined;
  }

  /** The field as it is, null included. */
  json(name: string): Json | undefined {
    this.read.add(name);
    return this.peek(name);
  }

  /** The field as it is, without counting as a read: `close` still has to account for it. */
  peek(name: string): Json | undefined {
    return Object.hasOwn(this.value, name) ? this.value[name] : undefined;
  }

  string(name: string): string | undefined {
    return this.typed(name, 'a string', (value) => typeof value === 'string');
  }

  number(name: string): number | undefined {
    return this.typed(name, 'a number', (value) => typeof value === 'number');
  }

  boolean(name: string): boolean | undefined {
    return this.typed(name, 'true or false', (value) => typeof value === 'boolean');
  }

  requiredString(name: string): string {
    return this.string(name) ?? this.missing(name);
  }

  /** A string that is not empty; or a number, as a string. */
  text(name: string): string {
    const value = this.json(name) ?? this.missing(name);
    if (typeof value === 'number') return String(value);
    if (typeof value !== 'string' || value === '')
      throw malformed(this.at(name), 'must be a string that is not empty');
    return value;
  }

  /** A list of strings; empty where the field is missing. */
  strings(name: string): string[] {
    return this.typed(name, 'a list of strings', isStrings) ?? [];
  }

  object(name: string): Fields | undefined {
    const value = this.json(name);
    return value === undefined || value === null ? undefined : new Fields(value, this.at(name), this.ledger);
  }

  /** A list of objects; empty where the field is missing. */
  objects(name: string): Fields[] {
    return this.list(name).map(
      (item, index) => new Fields(item, memberPath(this.at(name), index), this.ledger),
    );
  }

  /** A list of anything; empty where the field is missing. */
  list(name: string): Json[] {
    return this.typed<Json[]>(name, 'a list', Array.isArray) ?? [];
  }

  /** The members of a list or an object, whatever they are; none where the field is missing. */
  members(name: string): Member[] {
    const value = this.json(name) ?? [];
    if (Array.isArray(value))
      return value.map((item, index) => ({ path: memberPath(this.at(name), index), value: item }));
    if (!isObject(value)) throw malformed(this.at(name), 'must be a list or an object');
    return Object.entries(value).map(([key, item]) => ({
      path: memberPath(this.at(name), key),
      name: key,
      value: item,
    }));
  }

  /** The members of an object of objects, by their names. */
  entries(name: string): [string, Fields][] {
    const parent = this.object(name);
    return parent ? parent.names().map((key) => [key, parent.object(key) ?? parent.missing(key)]) : [];
  }

  /** Sets a field, for documents that keep a part of the object elsewhere. */
  set(name: string, value: Json): void {
    this.value[name] = value;
  }

  names(): string[] {
    return Object.keys(this.value);
  }

  /** The whole object as it is; all of it counts as read. */
  raw(): Record<string, Json> {
    for (const name of this.names()) this.read.add(name);
    return this.value;
  }

  missing(name: string): never {
    throw malformed(this.at(name), 'is missing');
  }

  /** Accounts for the fields that were not read: listed ones are ignored, all others are lost. */
  close(ignored: IgnoredFields = {}): void {
    for (const name of this.names()) {
      if (this.read.has(name)) continue;
      if (Object.hasOwn(ignored, name)) this.ledger.ignored.push(this.at(name));
      else this.ledger.lost(this.at(name), 'is an unknown field');
    }
  }

  private typed<T extends Json>(name: string, type: string, isType: (value: Json) => boolean): T | undefined {
    const value = this.json(name);
    if (value === undefined || value === null) return undefined;
    if (!isType(value)) throw malformed(this.at(name), `must be ${type}`);
    return value as T;
  }
}

/** The names of the fields of an object; none of anything else. */
export function namesIn(value: unknown): string[] {
  return isObject(value) ? Object.keys(value) : [];
}

function isStrings(value: Json): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
