import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { api, ApiError, bodyOf, rememberCsrf, whenSessionEnds } from '../api/client.js';
import { metaOf } from './meta.js';
import { SignIn } from './sign-in.js';
import { forgetRefusal, refusalHere } from './single-sign-on.js';
import { SessionContext, type Session, type SessionState } from './use-session.js';

type Known = { is: 'asking' } | { is: 'out'; ended: boolean } | { is: 'in'; session: Session; ahead: number };

/** Shows the pages to whoever is signed in, and the sign-in to everybody else. */
export function SessionGate({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [known, setKnown] = useState<Known>({ is: 'asking' });
  const [refusal, setRefusal] = useState(refusalHere);
  useEffect(forgetRefusal, []);

  const enter = useCallback((session: Session) => {
    rememberCsrf(session.csrf);
    setRefusal(null);
    setKnown({ is: 'in', session, ahead: Date.parse(session.at) - Date.now() });
  }, []);

  const leave = useCallback(
    (ended: boolean) => {
      rememberCsrf(null);
      queries.clear();
      setKnown({ is: 'out', ended });
    },
    [queries],
  );

  const ask = useCallback(async () => {
    try {
      enter(await bodyOf(api.GET('/v1/session')));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) leave(false);
      else setTimeout(() => void ask(), 2_000);
    }
  }, [enter, leave]);

  useEffect(() => {
    // The page says whether its request had a session, so that nothing is asked for in vain.
    if (metaOf('signed-in') === 'no') leave(false);
    else void ask();
  }, [ask, leave]);

  useEffect(() => {
    whenSessionEnds(() => setKnown((now) => (now.is === 'in' ? { is: 'out', ended: true } : now)));
  }, []);

  const state = useMemo<SessionState | null>(
    () =>
      known.is !== 'in'
        ? null
        : {
            session: known.session,
            clock_ahead: known.ahead,
            async signOut() {
              await api.DELETE('/v1/session');
              leave(false);
            },
          },
    [known, leave],
  );

  if (known.is === 'asking') return <p className="empty muted">Asking the server who you are…</p>;
  if (known.is === 'out') return <SignIn ended={known.ended} refusal={refusal} onSignedIn={enter} />;
  return <SessionContext value={state}>{children}</SessionContext>;
}
