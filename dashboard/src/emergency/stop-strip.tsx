import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { stopsQuery } from '../api/queries.js';
import { Time } from '../ui/age.js';
import { Strip } from '../ui/strip.js';
import { isInForce, missingIn, scopeText } from '../words/stop.js';

const SHOWN = 3;

/** Every stop in force, above every page but its own. */
export function StopStrip() {
  const { data } = useQuery({
    ...stopsQuery,
    // What is acknowledged is told by nobody: while one is not complete, it is asked for.
    refetchInterval: ({ state }) =>
      state.data?.items.some((stop) => isInForce(stop) && !stop.complete) ? 2_000 : false,
  });
  const { stop_id } = useParams({ strict: false });
  const inForce = data?.items.filter((stop) => isInForce(stop) && stop.emergency_stop_id !== stop_id) ?? [];
  if (inForce.length === 0) return null;
  return (
    <>
      {inForce.slice(0, SHOWN).map((stop) => (
        <Strip
          key={stop.emergency_stop_id}
          tone="harm"
          icon="stop"
          aside={
            <Link to="/operations/stops/$stop_id" params={{ stop_id: stop.emergency_stop_id }}>
              See it
            </Link>
          }
        >
          <b>
            Emergency stop of {scopeText(stop)} in force since <Time at={stop.at} />, by {stop.by}: “
            {stop.reason}”.
          </b>{' '}
          {stop.complete ? 'Complete: all have the control.' : `Not complete: ${missingIn(stop)}.`}
        </Strip>
      ))}
      {inForce.length > SHOWN && (
        <p className="muted">
          <Link to="/operations/stops">{inForce.length - SHOWN} more stops are in force</Link>
        </p>
      )}
    </>
  );
}
