import { later } from './timer.js';

export interface HttpResponse {
  status: number;
  headers: Headers;
  body: string;
}

export interface RequestOptions {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  /** Whether the request outlives the page that makes it. */
  keepalive?: boolean;
  signal?: AbortSignal;
}

/** A request that got no response, or an unexpected one. The message is for people. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    message: string,
    /** Of the response, if there was one. */
    readonly status: number | null = null,
    /** How long the server wants the client to wait, if it said so. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
  }
}

export interface HttpClientOptions {
  baseUrl: string;
  apiKey: string;
  requestTimeoutMs: number;
}

/** Makes requests with the API key and a time limit, which includes reading the body. */
export class HttpClient {
  constructor(private readonly options: HttpClientOptions) {}

  url(path: string): string {
    return this.options.baseUrl.replace(/\/+$/, '') + path;
  }

  get authorization(): { Authorization: string } {
    return { Authorization: `Bearer ${this.options.apiKey}` };
  }

  /**
   * Returns the response, whatever its status.
   *
   * @throws {RequestError} where there is none in time
   */
  async request(path: string, { headers, signal, ...init }: RequestOptions = {}): Promise<HttpResponse> {
    const { requestTimeoutMs } = this.options;
    // Not AbortSignal.any: on Node 20 a long-lived signal retains every signal made from it.
    const abort = new AbortController();
    const onAbort = (): void => abort.abort();
    let isLate = false;
    const cancel = later(requestTimeoutMs, () => {
      isLate = true;
      abort.abort();
    });
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    try {
      const response = await fetch(this.url(path), {
        ...init,
        headers: { ...this.authorization, ...headers },
        signal: abort.signal,
      });
      return { status: response.status, headers: response.headers, body: await response.text() };
    } catch (error) {
      throw new RequestError(isLate ? `no response within ${requestTimeoutMs} ms` : reasonOf(error));
    } finally {
      cancel();
      signal?.removeEventListener('abort', onAbort);
    }
  }
}

/** The error that a response with an unexpected status stands for. */
export function unexpectedResponse({ status, headers, body }: HttpResponse): RequestError {
  const { code, detail } = problemOf(body);
  const advice = status === 401 || status === 403 ? ': check apiKey and its role' : '';
  const said = [status, code ?? '', detail ? `(${detail})` : ''].filter((part) => part !== '').join(' ');
  return new RequestError(`the server answered ${said}${advice}`, status, retryAfterMs(headers));
}

const MAX_WAIT_MS = 60_000;

/** Retry-After, in seconds or as a date; at most a minute. */
function retryAfterMs(headers: Headers): number | null {
  const text = headers.get('retry-after');
  if (text === null) return null;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MAX_WAIT_MS);
}

function problemOf(body: string): { code?: string; detail?: string } {
  try {
    const { code, detail } = JSON.parse(body) as Record<string, unknown>;
    return { ...(typeof code === 'string' && { code }), ...(typeof detail === 'string' && { detail }) };
  } catch {
    return {};
  }
}

/** Node's fetch only says `fetch failed`; the reason is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || (cause as { code?: string }).code || error.message;
}
