import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from './schema.js';

export type Schemas = components['schemas'];

/** What the API says of a request that it refuses (RFC 9457). */
export interface ProblemDocument {
  status: number;
  title: string;
  detail: string;
  code: string;
  retry_after?: number;
  errors?: { path: string; code: string; message: string }[];
}

/** A refusal of the API, or no answer at all: then `status` is 0 and the code is `no_answer`. */
export class ApiError extends Error {
  constructor(readonly problem: ProblemDocument) {
    super(problem.detail);
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }
}

/** How long a request may take until it counts as unanswered, ms. */
const PATIENCE_MS = 15_000;

let csrf: string | null = null;
let onSessionEnd: () => void = () => undefined;

/** The secret of the session for every change; from the answer of a sign-in, kept in memory only. */
export function rememberCsrf(value: string | null): void {
  csrf = value;
}

/** Called when the API says that the session has ended. */
export function whenSessionEnds(listener: () => void): void {
  onSessionEnd = listener;
}

const own: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET' && csrf !== null) request.headers.set('X-Rampart-CSRF', csrf);
    return request;
  },
  async onResponse({ response }) {
    if (response.ok || response.status === 304) return response;
    if (response.status === 401) onSessionEnd();
    throw new ApiError(await problemIn(response));
  },
};

async function problemIn(response: Response): Promise<ProblemDocument> {
  try {
    return (await response.json()) as ProblemDocument;
  } catch {
    const { status, statusText } = response;
    return { status, title: statusText, detail: `The server answered ${status}.`, code: 'unknown' };
  }
}

async function patient(request: Request): Promise<Response> {
  try {
    return await fetch(request, {
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new ApiError({
      status: 0,
      title: 'No answer',
      detail: 'The server does not answer.',
      code: 'no_answer',
    });
  }
}

/** The API, with the types of its own document. It throws an ApiError for whatever is no success. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: patient });
api.use(own);

/** The body of an answer, which is there because failures are thrown. */
export async function bodyOf<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}

/** A key under which a repeated request has the effect of one. */
export function idempotencyKey(): { 'Idempotency-Key': string } {
  return { 'Idempotency-Key': crypto.randomUUID() };
}
