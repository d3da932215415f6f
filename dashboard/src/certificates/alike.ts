/** Rounding of exponentials and logarithms, summed up over a computation, stays far below these. */
const RELATIVE = 1e-9;
const ABSOLUTE = 1e-12;

/**
 * Whether two values are the same but for the last digits of their numbers. Browsers round exponentials and logarithms
 * otherwise than the server did, and nothing is decided by the tenth digit.
 */
export function alike(computed: unknown, stated: unknown): boolean {
  if (typeof computed === 'number' && typeof stated === 'number')
    return (
      computed === stated ||
      Math.abs(computed - stated) <= RELATIVE * Math.max(Math.abs(computed), Math.abs(stated)) + ABSOLUTE
    );
  if (!isObject(computed) || !isObject(stated)) return computed === stated;
  const keys = new Set([...Object.keys(computed), ...Object.keys(stated)]);
  return [...keys].every((key) => alike(jsonOf(computed[key]), jsonOf(stated[key])));
}

/** As JSON has it, which the certificate came as. */
function jsonOf(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
