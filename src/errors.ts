/** Every code an answer can carry, with its HTTP status. Refusals of commands have codes of their own and 409. */
const STATUS = {
  malformed_json: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  no_snapshot_yet: 404,
  already_exists: 409,
  already_released: 409,
  already_started: 409,
  conflict: 409,
  experiment_not_draft: 409,
  flag_in_use: 409,
  flag_locked: 409,
  flag_required: 409,
  segment_in_use: 409,
  idempotency_conflict: 409,
  stop_incomplete: 409,
  too_early: 409,
  too_large: 413,
  unsupported_media_type: 415,
  too_deep: 422,
  horizon_in_past: 422,
  horizon_too_long: 422,
  horizon_too_short: 422,
  type_mismatch: 422,
  unknown_variant: 422,
  validation_failed: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof STATUS;

export interface FieldError {
  path: string;
  code: string;
  message: string;
}

/** RFC 9457 problem details. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  errors?: FieldError[];
  [member: string]: unknown;
}

/** What went wrong, in words that name the remedy. Everything a caller may see is one of these. */
export class RampartError extends Error {
  constructor(
    readonly code: string,
    detail: string,
    readonly status: number,
    readonly members: Record<string, unknown> = {},
  ) {
    super(detail);
    this.name = 'RampartError';
  }
}

export function failure(code: ErrorCode, detail: string, members?: Record<string, unknown>): RampartError {
  return new RampartError(code, detail, STATUS[code], members);
}

export function validationFailed(errors: FieldError[], code: ErrorCode = 'validation_failed'): RampartError {
  const detail = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  return failure(code, detail, { errors });
}

export function problemOf(error: unknown): Problem {
  if (!(error instanceof RampartError)) {
    return problem('internal', 'something went wrong here; the log has the details', 500);
  }
  return { ...problem(error.code, error.message, error.status), ...error.members };
}

function problem(code: string, detail: string, status: number): Problem {
  return {
    type: `https://rampart.dev/problems/${code}`,
    title: code.replaceAll('_', ' '),
    status,
    detail,
    code,
  };
}
