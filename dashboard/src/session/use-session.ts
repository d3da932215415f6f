import { createContext, useContext } from 'react';
import type { Schemas } from '../api/client.js';

export type Session = Schemas['Session'];
export type Action = Session['may'][number];

export interface SessionState {
  session: Session;
  /** By how much the server's clock is ahead of the browser's, ms. */
  clock_ahead: number;
  signOut: () => Promise<void>;
}

export const SessionContext = createContext<SessionState | null>(null);

/** The session, which is there on every page. */
export function useSession(): SessionState {
  const state = useContext(SessionContext);
  if (!state) throw new Error('there is no session here');
  return state;
}

/** Whether whoever is signed in may do something, by role. */
export function useMay(action: Action): boolean {
  return useSession().session.may.includes(action);
}
