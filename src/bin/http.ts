import { ConfigError, parseClientConfig, type Environment } from '../config.js';

export interface ApiAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** The API did not answer. The message says why, and which variable names the API. */
export class Unreachable extends Error {}

/** The HTTP API, called with one key. */
export class Api {
  private readonly url: string;

  constructor(
    url: string,
    private readonly key: string,
  ) {
    this.url = url.replace(/\/+$/, '');
  }

  /** @throws {Unreachable} */
  async answer(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch(({ message, cause }: Error) => {
      const reason = cause instanceof Error && cause.message !== '' ? cause.message : message;
      throw new Unreachable(`no answer from ${this.url} (${reason}): RAMPART_URL names the API`);
    });
    const text = await response.text();
    return {
      status: response.status,
      body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    };
  }

  /** @throws {Error} if the status is 400 or higher */
  async call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const answer = await this.answer(method, path, body);
    if (answer.status >= 400)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}

/** The API that the environment names. @throws {ConfigError} without a key */
export function apiOf(environment: Environment): Api {
  const { RAMPART_URL, RAMPART_KEY, RAMPART_ADMIN_KEY } = parseClientConfig(environment);
  const key = RAMPART_KEY ?? RAMPART_ADMIN_KEY;
  if (key === undefined) throw new ConfigError('RAMPART_KEY is missing: a key of the API');
  return new Api(RAMPART_URL, key);
}
