import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../src/model/json.js';
import type { Gateway } from './gateway.js';
import type {
  Connection,
  FlagType,
  ObservedEvaluation,
  ProviderUnderTest,
  EvaluationRequest,
} from './provider.js';

/** Proxies through which providers reach the server, some of which fail, and a key for it. */
export interface Gateways {
  key: string;
  /** Passes everything on. */
  open: Gateway;
  /** Never responds. */
  silent: Gateway;
  /** Breaks every connection. */
  torn: Gateway;
  /** Breaks connections once the provider is ready. */
  fading: Gateway;
}

/** A step observed something else than expected; the message says what. */
export class ExpectationFailed extends Error {}

/** How long a provider may take to connect, or to reach a status. */
export const TIMEOUT_MS = 6_000;
/** The same where it is known that the provider never will. */
export const SHORT_TIMEOUT_MS = 400;

/** A scenario while it runs. */
export class ScenarioRun {
  request: EvaluationRequest = { type: 'Boolean', key: '', fallback: null, context: {}, hooks: [] };
  observed: ObservedEvaluation | null = null;

  constructor(
    readonly provider: ProviderUnderTest,
    readonly gateways: Gateways,
    private readonly timeoutMs: number,
  ) {}

  async connect(state: string): Promise<void> {
    const { key, open, silent, torn, fading } = this.gateways;
    const connectTo = ({ url }: Gateway, more: Partial<Connection> = {}): Promise<void> =>
      this.provider.connect({ url, key, wait: true, timeoutMs: TIMEOUT_MS, ...more });
    switch (state) {
      case 'stable':
        return connectTo(open);
      case 'not ready':
        return connectTo(silent, { wait: false });
      case 'error':
        return connectTo(torn, { timeoutMs: SHORT_TIMEOUT_MS });
      case 'fatal':
        return connectTo(open, { key: 'no-such-key', timeoutMs: SHORT_TIMEOUT_MS });
      case 'stale':
        fading.passage = 'open';
        await connectTo(fading);
        return fading.tear();
      default:
        throw new Error(`there is no state ${state}`);
    }
  }

  setRequest(type: string, key: string, fallback: string): void {
    const given = { type: type as FlagType, key, fallback: valueOf(type, fallback) };
    this.request = { ...this.request, ...given };
  }

  async evaluate(): Promise<void> {
    // A copy, so that changes to the context by the provider can be observed.
    this.observed = await this.provider.evaluate(structuredClone(this.request));
  }

  get details(): ObservedEvaluation {
    if (!this.observed) throw new Error('nothing was evaluated yet');
    return this.observed;
  }

  /** @param text the expected value as scenarios write it, such as `{\"a\": 1}` for an object */
  assertValue(text: string): void {
    assertSame('value', this.details.value, valueOf(this.request.type, text));
  }

  async assertStatus(expected: string): Promise<void> {
    const deadline = performance.now() + this.timeoutMs;
    let status = await this.provider.status();
    while (status !== expected && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      status = await this.provider.status();
    }
    assertSame('status', status, expected);
  }
}

/** @throws {ExpectationFailed} */
export function assertSame(what: string, seen: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(seen, expected))
    throw new ExpectationFailed(`${what} is ${JSON.stringify(seen)}, not ${JSON.stringify(expected)}`);
}

/** The value that a scenario writes as text. */
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
