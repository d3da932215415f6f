import type { Logger } from './logger.js';

/** The options of both providers. */
export interface CommonOptions {
  /** The URL of the server, such as `https://rampart.example.com`. */
  baseUrl: string;
  /** A key made with `POST /v1/keys`: role `server` for services, `client` for pages. */
  apiKey: string;
  /** The time limit for a single request. Default 5,000 ms. */
  requestTimeoutMs?: number;
  /** Whether evaluating a flag records that the unit was exposed to its experiment. Default true. */
  exposures?: boolean;
  /** How long events wait to be sent together with others. Default 1,000 ms. */
  flushIntervalMs?: number;
  /** Where problems are logged. Default: the console. */
  logger?: Logger;
}

export const COMMON_DEFAULTS = {
  requestTimeoutMs: 5_000,
  exposures: true,
  flushIntervalMs: 1_000,
  logger: console as Logger,
};

const NUMBERS = ['timeoutMs', 'requestTimeoutMs', 'pollIntervalMs', 'flushIntervalMs', 'maxQueuedEvents'];

/**
 * The options with defaults for those that are missing or undefined.
 *
 * @throws {TypeError} naming the option that is wrong, and how to correct it
 */
export function completeOptions<Options extends CommonOptions>(
  options: Options,
  defaults: Omit<Required<Options>, 'baseUrl' | 'apiKey'>,
  { absoluteUrl }: { absoluteUrl: boolean },
): Required<Options> {
  checkConnection(options, absoluteUrl);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const complete = { ...defaults, ...Object.fromEntries(given) } as Required<Options>;
  for (const name of NUMBERS) checkNumber(name, (complete as Record<string, unknown>)[name]);
  return complete;
}

function checkConnection(options: Partial<CommonOptions> | undefined, absoluteUrl: boolean): void {
  const { baseUrl, apiKey } = options ?? {};
  if (typeof baseUrl !== 'string' || baseUrl === '' || (absoluteUrl && !/^https?:\/\/[^/]/.test(baseUrl))) {
    throw new TypeError('baseUrl must be the URL of the server, such as https://rampart.example.com');
  }
  // A header cannot carry anything else.
  if (typeof apiKey !== 'string' || !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TypeError('apiKey must be a key made with POST /v1/keys: printable ASCII without spaces');
  }
}

function checkNumber(name: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 2 ** 31 - 1) {
    throw new TypeError(`${name} must be a whole number of at least 1, not ${String(value)}`);
  }
}
