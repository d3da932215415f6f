import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { experimentQuery } from '../api/queries.js';
import { CommandDialog } from '../commands/command-dialog.js';
import { offeredFor } from '../commands/offered.js';
import { useMay, useSession } from '../session/use-session.js';
import { Back, Sheet } from '../ui/sheet.js';

interface Props {
  /** The experiment whose page is open. */
  here: string | null;
  onClose: () => void;
}

/** Who may not stop everything sees who may, and stops what is theirs. */
export function NotYours({ here, onClose }: Props) {
  const { session } = useSession();
  const may = useMay('command');
  const [isStopping, setStopping] = useState(false);
  const { data } = useQuery({ ...experimentQuery(here ?? ''), enabled: here !== null });
  const canStop = may && data !== undefined && offeredFor(data).some(({ name }) => name === 'stop');
  if (isStopping && data) return <CommandDialog experiment={data} name="stop" onClose={onClose} />;
  return (
    <Sheet
      title="Emergency stop"
      onClose={onClose}
      footer={
        <>
          <Back onClick={onClose}>Back</Back>
          {canStop ? (
            <button type="button" className="btn danger" onClick={() => setStopping(true)}>
              Stop this experiment
            </button>
          ) : (
            may && (
              <Link className="btn" to="/experiments" onClick={onClose}>
                Choose an experiment to stop
              </Link>
            )
          )}
        </>
      }
    >
      <p>
        <b>An operator or an admin may serve the control for all experiments.</b> You are signed in as{' '}
        {session.actor.name}, {session.role}: call somebody who is.
      </p>
      <p className="muted">
        {canStop
          ? `You may stop ${data.name ?? here}. Everybody in it gets the control within seconds.`
          : may
            ? 'You may stop single experiments, each on its own page.'
            : 'Your role reads only: an experimenter may stop single experiments.'}
      </p>
    </Sheet>
  );
}
