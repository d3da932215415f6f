import { SIGN_IN_REFUSALS, type SignInRefusal } from '../../../src/model/sign-in.js';

export { SIGN_IN_REFUSALS, type SignInRefusal };

/** A code in the address of this page, if it is one. */
export function isRefusal(code: string | null): code is SignInRefusal {
  return code !== null && Object.hasOwn(SIGN_IN_REFUSALS, code);
}
