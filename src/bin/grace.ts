// How long what is told to end may take, from the outside in. Orchestrators give 30 s by default, and `serve` promises 25 s.

/** `serve` waits so long for `api` and `worker`, ms. Longer than the worker's own grace for activities, 20 s. */
export const CHILDREN_MS = 22_000;
/** `api` waits so long for its processes, ms: it may be a child of `serve` itself. */
export const API_PROCESSES_MS = 20_000;
/** An API process waits so long for the last requests, ms. */
export const LAST_REQUESTS_MS = 3_000;
