import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { api } from '../api/client.js';
import { rowRefresher } from '../api/lists.js';
import { Changes, type Message } from './changes.js';

/** `live`: the server speaks. `reconnecting`: it was just lost. `stale`: nothing was heard for 20 s. */
export type LiveStatus = { is: 'live' | 'reconnecting' | 'stale'; heard_at: number };

const STALE_AFTER_MS = 20_000;
/** Changes are gathered for this long: sixty a second become four requests. */
const GATHER_MS = 250;
/** How long after a refusal the feed is asked for again. */
const REFUSED_MS = 2_000;

const LiveContext = createContext<LiveStatus>({ is: 'reconnecting', heard_at: Date.now() });

export function useLive(): LiveStatus {
  return useContext(LiveContext);
}

/** Listens to what changes, and asks again for what is shown of it. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [status, setStatus] = useState<LiveStatus>({ is: 'reconnecting', heard_at: Date.now() });

  useEffect(() => {
    const changes = new Changes({ queries, gather_ms: GATHER_MS, refreshRows: rowRefresher(queries) });
    let heard_at = Date.now();
    let source: EventSource;
    let again: ReturnType<typeof setTimeout>;
    const show = (is: LiveStatus['is']): void =>
      setStatus((now) => (now.is === is && is !== 'live' ? now : { is, heard_at }));

    const listen = (): void => {
      source = new EventSource('/v1/live');
      source.addEventListener('message', (event: MessageEvent<string>) => {
        heard_at = Date.now();
        show('live');
        changes.add(JSON.parse(event.data) as Message);
      });
      source.addEventListener('error', () => {
        show('reconnecting');
        if (source.readyState !== EventSource.CLOSED) return;
        // The server has refused it, and the browser gives up. If the session has ended, any answer says so.
        void api.GET('/v1/session').catch(() => undefined);
        clearTimeout(again);
        again = setTimeout(listen, REFUSED_MS);
      });
    };
    listen();
    const watch = setInterval(() => {
      if (Date.now() - heard_at > STALE_AFTER_MS) show('stale');
    }, 1_000);
    return () => {
      source.close();
      clearTimeout(again);
      clearInterval(watch);
      changes.stop();
    };
  }, [queries]);

  return <LiveContext value={status}>{children}</LiveContext>;
}
