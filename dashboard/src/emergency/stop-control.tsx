import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { stopsQuery } from '../api/queries.js';
import { useShortcut } from '../app/use-shortcut.js';
import { useMay } from '../session/use-session.js';
import { Icon } from '../ui/icon.js';
import { isInForce } from '../words/stop.js';
import { NotYours } from './not-yours.js';
import { StopSheet } from './stop-sheet.js';

/** The header's button, on every page: the first of two actions. `!` opens it, too. */
export function StopControl() {
  const [isOpen, setOpen] = useState(false);
  const may = useMay('operate');
  const { experiment_id } = useParams({ strict: false });
  const { data } = useQuery(stopsQuery);
  const ofAll = data?.items.find((stop) => isInForce(stop) && stop.scope === 'all' && !stop.environments);
  useShortcut('!', () => setOpen(true));
  return (
    <>
      {ofAll ? (
        <Link
          className="btn stop-control"
          to="/operations/stops/$stop_id"
          params={{ stop_id: ofAll.emergency_stop_id }}
        >
          Stop in force
        </Link>
      ) : (
        <button type="button" className="btn danger stop-control" onClick={() => setOpen(true)}>
          <Icon name="stop" />
          Emergency stop
        </button>
      )}
      {isOpen &&
        (may ? (
          <StopSheet here={experiment_id ?? null} onClose={() => setOpen(false)} />
        ) : (
          <NotYours here={experiment_id ?? null} onClose={() => setOpen(false)} />
        ))}
    </>
  );
}
