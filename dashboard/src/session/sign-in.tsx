import { PasswordInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { api, ApiError, bodyOf } from '../api/client.js';
import { Icon } from '../ui/icon.js';
import type { Session } from './use-session.js';

interface Props {
  /** A session was there and has ended. */
  ended: boolean;
  onSignedIn: (session: Session) => void;
}

/** Sign-in with a key. The key goes to the server once; the browser keeps none. */
export function SignIn({ ended, onSignedIn }: Props) {
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
      </form>
    </main>
  );
}
