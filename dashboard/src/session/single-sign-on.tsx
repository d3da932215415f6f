import { isRefusal, type SignInRefusal } from '../words/sign-in.js';
import { metaOf } from './meta.js';

const REFUSAL = 'sign_in';

/** The way to the identity provider and back to this page; nothing where there is none. */
export function SingleSignOn() {
  const start = metaOf('single-sign-on');
  if (!start.startsWith('http')) return null;
  const { pathname, search, hash } = location;
  return (
    <>
      <p className="or">or</p>
      <a className="btn" href={`${start}?${new URLSearchParams({ return_to: pathname + search + hash })}`}>
        Sign in with single sign-on
      </a>
    </>
  );
}

/** Why a sign-in was refused that has led to this page. */
export function refusalHere(): SignInRefusal | null {
  const code = new URLSearchParams(location.search).get(REFUSAL);
  return isRefusal(code) ? code : null;
}

/** Takes it out of the address, so that nobody reads it again later. */
export function forgetRefusal(): void {
  const address = new URL(location.href);
  if (!address.searchParams.has(REFUSAL)) return;
  address.searchParams.delete(REFUSAL);
  history.replaceState(history.state, '', address);
}
