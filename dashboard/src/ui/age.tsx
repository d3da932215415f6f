import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { ago } from '../words/format.js';
import { exactTime, shortTime } from '../words/times.js';
import { usePaper } from './paper.js';
import { useSession } from '../session/use-session.js';

const NowContext = createContext<number | null>(null);

/** One clock for the page, by the server's time: every age and countdown moves with it. */
export function Clock({ children }: { children: ReactNode }) {
  const { clock_ahead } = useSession();
  const [now, setNow] = useState(() => Date.now() + clock_ahead);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() + clock_ahead), 1_000);
    return () => clearInterval(timer);
  }, [clock_ahead]);
  return <NowContext value={now}>{children}</NowContext>;
}

/** A clock that stands still. */
export function StoppedClock({ now, children }: { now: number; children: ReactNode }) {
  return <NowContext value={now}>{children}</NowContext>;
}

/** The server's time, ms since the epoch; renders again each second. */
export function useNow(): number {
  const now = useContext(NowContext);
  if (now === null) throw new Error('there is no clock here');
  return now;
}

/** A moment, relative, with the exact one in its title; on paper the exact one, since paper lasts. */
export function Ago({ at }: { at: string }) {
  const moment = Date.parse(at);
  const isPaper = usePaper() !== null;
  const now = useNow();
  return (
    <time className="age" dateTime={at} title={exactTime(moment)}>
      {isPaper ? exactTime(moment) : ago(now - moment)}
    </time>
  );
}

/** A moment as short as it can be told. */
export function Time({ at }: { at: string }) {
  const moment = Date.parse(at);
  return (
    <time dateTime={at} title={exactTime(moment)}>
      {shortTime(moment, useNow())}
    </time>
  );
}
