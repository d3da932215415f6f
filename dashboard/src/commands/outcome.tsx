import { useQuery } from '@tanstack/react-query';
import { experimentQuery } from '../api/queries.js';
import { Icon, type IconName } from '../ui/icon.js';
import { Time } from '../ui/age.js';
import { asSentence } from '../words/format.js';
import { commandQuery, type CommandReply } from './calls.js';

interface Props {
  experiment_id: string;
  reply: CommandReply;
}

/** What became of a command: asked, taken, and served are three things. */
export function Outcome({ experiment_id, reply }: Props) {
  return (
    <ul className="effects" role="status">
      <Line icon="check">Asked, and stored</Line>
      {reply.is === 'taken' ? (
        <>
          <Line icon="check">Taken</Line>
          <Served experiment_id={experiment_id} />
        </>
      ) : (
        <Stored experiment_id={experiment_id} command_id={reply.command_id} />
      )}
    </ul>
  );
}

function Stored({ experiment_id, command_id }: { experiment_id: string; command_id: string }) {
  const { data } = useQuery(commandQuery(experiment_id, command_id));
  if (data?.status === 'done')
    return (
      <>
        <Line icon="check">Taken</Line>
        <Served experiment_id={experiment_id} />
      </>
    );
  if (data?.status === 'refused')
    return (
      <Line icon="lock" tone="is-hold">
        <b>Refused.</b> {data.refusal && asSentence(data.refusal.detail)}
      </Line>
    );
  if (data?.status === 'expired')
    return (
      <Line icon="cross" tone="is-harm">
        <b>Expired.</b> It came too late and was not carried out.
      </Line>
    );
  return (
    <Line icon="wait">
      <b>Not taken yet.</b> Its workflow cannot be reached; it is told as soon as it can.
      {data?.expires_at !== undefined && (
        <span className="sub">
          Worthless after <Time at={data.expires_at} />
        </span>
      )}
    </Line>
  );
}

/** How many processes serve what the command has made of it. */
function Served({ experiment_id }: { experiment_id: string }) {
  const { data } = useQuery(experimentQuery(experiment_id));
  if (!data) return null;
  const { live, at_revision, lost, verified } = data.served;
  return (
    <>
      <Line icon={verified ? 'check' : 'wait'}>
        Served by{' '}
        <b>
          {at_revision} of {live}
        </b>{' '}
        processes
      </Line>
      {lost.map(({ instance_id, until }) => (
        <Line key={instance_id} icon="unknown" tone="is-harm">
          <b>{instance_id} is lost</b>: unknown what it serves; the control by itself from <Time at={until} />
        </Line>
      ))}
    </>
  );
}

function Line({
  icon,
  tone = 'muted',
  children,
}: {
  icon: IconName;
  tone?: string;
  children: React.ReactNode;
}) {
  return (
    <li>
      <Icon name={icon} className={tone} />
      <span>{children}</span>
    </li>
  );
}
