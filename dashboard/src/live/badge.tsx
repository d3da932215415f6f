import { Icon } from '../ui/icon.js';
import { Strip } from '../ui/strip.js';
import { useNow } from '../ui/age.js';
import { useSession } from '../session/use-session.js';
import { duration } from '../words/format.js';
import { exactTime, shortTime } from '../words/times.js';
import { useLive } from './live.js';

/** Whether what is shown is fresh: beside the environment, on every page. */
export function LiveBadge() {
  const silent = useSilence();
  const { is } = useLive();
  if (is === 'live') {
    return (
      <span className="live">
        <span className="dot" />
        Live
      </span>
    );
  }
  if (is === 'reconnecting') {
    return (
      <span className="live is-hold">
        <Icon name="wait" />
        Reconnecting
      </span>
    );
  }
  return (
    <span className="live is-hold">
      <b>
        <Icon name="clock" /> Stale {duration(silent)}
      </b>
    </span>
  );
}

/** Says above the page that it is old. */
export function StaleStrip() {
  const { is, heard_at } = useLive();
  const silent = useSilence();
  const now = useNow();
  const { clock_ahead } = useSession();
  if (is !== 'stale') return null;
  const at = heard_at + clock_ahead;
  return (
    <Strip tone="hold" icon="clock" aside="It is tried again.">
      <b>No news from the server for {duration(silent)}.</b> Everything below is as of{' '}
      <time title={exactTime(at)}>{shortTime(at, now)}</time>. Serving goes on by itself; changes are not
      taken.
    </Strip>
  );
}

/** How long nothing was heard, ms. */
function useSilence(): number {
  const { heard_at } = useLive();
  const { clock_ahead } = useSession();
  return useNow() - clock_ahead - heard_at;
}
