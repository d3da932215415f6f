import { failure, type ErrorCode, type RampartError } from '../../src/errors.js';
import { SIGN_IN_REFUSALS, type SignInRefusal } from '../../src/model/sign-in.js';

const CODES: Record<SignInRefusal, ErrorCode> = {
  away: 'unavailable',
  expired: 'unauthenticated',
  declined: 'unauthenticated',
  invalid: 'unauthenticated',
  no_role: 'forbidden',
  return_to: 'validation_failed',
  too_many: 'rate_limited',
};

/** Nobody was signed in. */
export class SignInRefused extends Error {
  /** @param code a short code for the log, without anything that names a person or opens a door */
  constructor(
    readonly reason: SignInRefusal,
    readonly code: string = reason,
  ) {
    super(SIGN_IN_REFUSALS[reason]);
  }

  /** As the API says it to whoever is no browser. */
  problem(): RampartError {
    return failure(CODES[this.reason], this.message);
  }
}
