import { validationFailed, type RampartError } from '../errors.js';
import type { Json } from '../model/json.js';
import type { Ledger } from './ledger.js';

/** Something that can not be carried over; whoever knows what depends on it catches it and notes it. */
export class Unsupported extends Error {}

/** The document is not what its system writes. */
export function malformed(path: string, message: string): RampartError {
  return validationFailed([{ path, code: 'malformed_document', message }]);
}

export function isObject(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as a text: texts as they are, others as JSON. */
export function asText(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** The path of a member: `flags.checkout`, `rules[2]`, and `flags["a.b"]` where dots would mislead. */
export function member(path: string, name: string | number): string {
  if (typeof name === 'number') return `${path}[${name}]`;
  if (name === '' || /[.[\]"\s]/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}

/**
 * An object of a document that knows which of its fields were taken: `close` accounts for the others, so that none
 * vanishes. Every accessor answers undefined for a field that is missing or null.
 *
 * @throws {RampartError} validation_failed, naming the path, where a field is of another type than asked for
 */
export class Fields {
  private readonly value: Record<string, Json>;
  private readonly taken = new Set<string>();

  constructor(
    value: unknown,
    readonly path: string,
    readonly ledger: Ledger,
  ) {
    if (!isObject(value)) throw malformed(path, 'must be an object');
    this.value = { ...value };
  }

  at(name: string): string {
    return member(this.path, name);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.value, name) && this.value[name] !== undefined;
  }

  /** The field as it stands, null and all. */
  json(name: string): Json | undefined {
    this.taken.add(name);
    return Object.hasOwn(this.value, name) ? this.value[name] : undefined;
  }

  /** The field as it stands; whoever only looks leaves it to `close` to account for it. */
  peek(name: string): Json | undefined {
    return Object.hasOwn(this.value, name) ? this.value[name] : undefined;
  }

  text(name: string): string | undefined {
    return this.typed(name, 'a text', (value) => typeof value === 'string');
  }

  number(name: string): number | undefined {
    return this.typed(name, 'a number', (value) => typeof value === 'number');
  }

  flag(name: string): boolean | undefined {
    return this.typed(name, 'true or false', (value) => typeof value === 'boolean');
  }

  /** A text that has to be there. */
  name(name: string): string {
    return this.text(name) ?? this.missing(name);
  }

  texts(name: string): string[] {
    return this.typed(name, 'a list of texts', isTexts) ?? [];
  }

  object(name: string): Fields | undefined {
    const value = this.json(name);
    return value === undefined || value === null ? undefined : new Fields(value, this.at(name), this.ledger);
  }

  objects(name: string): Fields[] {
    const list = this.typed<Json[]>(name, 'a list', Array.isArray) ?? [];
    return list.map((one, index) => new Fields(one, member(this.at(name), index), this.ledger));
  }

  /** The members of an object of objects, by their names. */
  entries(name: string): [string, Fields][] {
    const all = this.object(name);
    return all ? all.names().map((key) => [key, all.object(key) ?? all.missing(key)]) : [];
  }

  /** Puts a field in the place of what was there: of documents that keep parts of an object elsewhere. */
  also(name: string, value: Json): void {
    this.value[name] = value;
  }

  names(): string[] {
    return Object.keys(this.value);
  }

  /** The whole object as it stands. */
  raw(): Record<string, Json> {
    for (const name of this.names()) this.taken.add(name);
    return this.value;
  }

  missing(name: string): never {
    throw malformed(this.at(name), 'is missing');
  }

  /** Accounts for what nobody took: ignored where it is without meaning, else lost. */
  close(meaningless: Readonly<Record<string, string>> = {}): void {
    for (const name of this.names()) {
      if (this.taken.has(name)) continue;
      if (Object.hasOwn(meaningless, name)) this.ledger.ignored.push(this.at(name));
      else this.ledger.lost(this.at(name), 'is not known here');
    }
  }

  private typed<T extends Json>(name: string, what: string, is: (value: Json) => boolean): T | undefined {
    const value = this.json(name);
    if (value === undefined || value === null) return undefined;
    if (!is(value)) throw malformed(this.at(name), `must be ${what}`);
    return value as T;
  }
}

function isTexts(value: Json): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
