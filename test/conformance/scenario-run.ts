import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../src/model/json.js';
import type { Gateway } from './gateway.js';
import type { Connection, FlagType, Observed, ProviderUnderTest, Question } from './provider.js';

/** Where providers find the server, well or not. */
export interface Surroundings {
  key: string;
  /** Passes everything on. */
  open: Gateway;
  /** Answers nothing. */
  silent: Gateway;
  /** Tears every connection. */
  torn: Gateway;
  /** Is torn once the provider is ready. */
  fading: Gateway;
}

/** What a step finds otherwise than it must be; the message says what it is. */
export class Unfulfilled extends Error {}

/** How long a provider may take to connect, or to come to a state. */
export const PATIENCE_MS = 6_000;
/** How long one may where it is known that it never will. */
export const IMPATIENCE_MS = 400;

/** One scenario as it runs. */
export class Run {
  question: Question = { type: 'Boolean', key: '', fallback: null, context: {}, hooks: [] };
  observed: Observed | null = null;

  constructor(
    readonly provider: ProviderUnderTest,
    readonly around: Surroundings,
    private readonly patienceMs: number,
  ) {}

  async connect(state: string): Promise<void> {
    const { key, open, silent, torn, fading } = this.around;
    const to = ({ url }: Gateway, more: Partial<Connection> = {}): Promise<void> =>
      this.provider.connect({ url, key, wait: true, timeoutMs: PATIENCE_MS, ...more });
    switch (state) {
      case 'stable':
        return to(open);
      case 'not ready':
        return to(silent, { wait: false });
      case 'error':
        return to(torn, { timeoutMs: IMPATIENCE_MS });
      case 'fatal':
        return to(open, { key: 'no-such-key', timeoutMs: IMPATIENCE_MS });
      case 'stale':
        fading.passage = 'open';
        await to(fading);
        return fading.tear();
      default:
        throw new Error(`there is no state ${state}`);
    }
  }

  ask(type: string, key: string, fallback: string): void {
    const given = { type: type as FlagType, key, fallback: valueOf(type, fallback) };
    this.question = { ...this.question, ...given };
  }

  async evaluate(): Promise<void> {
    // A copy, so that what a provider does to its context can be seen.
    this.observed = await this.provider.evaluate(structuredClone(this.question));
  }

  get details(): Observed {
    if (!this.observed) throw new Error('nothing was evaluated yet');
    return this.observed;
  }

  /** The value in words of the scenario, such as `{\"a\": 1}` for an object. */
  valueIs(text: string): void {
    same('value', this.details.value, valueOf(this.question.type, text));
  }

  async statusIs(wanted: string): Promise<void> {
    const deadline = performance.now() + this.patienceMs;
    let status = await this.provider.status();
    while (status !== wanted && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      status = await this.provider.status();
    }
    same('status', status, wanted);
  }
}

/** @throws {Unfulfilled} */
export function same(what: string, seen: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(seen, expected))
    throw new Unfulfilled(`${what} is ${JSON.stringify(seen)}, not ${JSON.stringify(expected)}`);
}

/** What a scenario writes as text. */
export function valueOf(type: string, text: string): Json {
  switch (type) {
    case 'Boolean':
      return text === 'true';
    case 'String':
      return text;
    case 'Integer':
    case 'Float':
      return Number(text);
    case 'Object':
      return JSON.parse(text.replaceAll('\\"', '"')) as Json;
    default:
      throw new Error(`there is no type ${type}`);
  }
}
