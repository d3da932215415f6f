import { PasswordInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { api, ApiError, bodyOf } from '../api/client.js';
import { Icon } from '../ui/icon.js';
import { SIGN_IN_REFUSALS, type SignInRefusal } from '../words/sign-in.js';
import { SingleSignOn } from './single-sign-on.js';
import type { Session } from './use-session.js';

interface Props {
  /** A session was there and has ended. */
  ended: boolean;
  /** Why a sign-in by the identity provider came to nothing. */
  refusal: SignInRefusal | null;
  onSignedIn: (session: Session) => void;
}

/** Sign-in with a key, which goes to the server once and is kept by no browser, or by the identity provider. */
export function SignIn({ ended, refusal, onSignedIn }: Props) {
  const [key, setKey] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [waiting, setWaiting] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setWaiting(true);
    setError(null);
    try {
      onSignedIn(await bodyOf(api.POST('/v1/session', { body: { key: key.trim() } })));
    } catch (failure) {
      setError(failure instanceof ApiError ? failure.message : 'Something went wrong in this page.');
      setWaiting(false);
    }
  }

  return (
    <main className="sign-in">
      <form className="card" onSubmit={(event) => void submit(event)}>
        <p className="brand">
          <Icon name="wall" />
          Rampart
        </p>
        <h1>Sign in</h1>
        {ended && (
          <p className="strip" role="status">
            <Icon name="clock" />
            <span>Your session has ended. Sign in again to go on where you were.</span>
          </p>
        )}
        {refusal !== null && (
          <p className="strip hold" role="alert">
            <Icon name="warn" />
            <span>{SIGN_IN_REFUSALS[refusal]}</span>
          </p>
        )}
        <PasswordInput
          label="Key"
          description="A viewer, experimenter, operator or admin key. It is sent once, and kept by no page."
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          error={error}
          autoComplete="current-password"
          autoFocus
          required
        />
        <button className="btn primary" type="submit" disabled={waiting || key.trim() === ''}>
          {waiting ? 'Signing in…' : 'Sign in'}
        </button>
        <SingleSignOn />
      </form>
    </main>
  );
}
