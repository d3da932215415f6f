import type { ReactNode } from 'react';
import { Icon } from '../../../ui/icon.js';
import { Time } from '../../../ui/age.js';
import { count } from '../../../words/format.js';
import type { StopReport } from '../../../words/stop.js';

/** The three things that a stop consists of, each with how far it is. */
export function StopSteps({ stop }: { stop: StopReport }) {
  const { fence_revision, instances, experiments, acknowledged, held, pending } = stop;
  const obeying = instances.filter(({ obeys }) => obeys).length;
  const silent = silentOf(stop);
  const toRollBack = experiments - held;
  const rolledBack = acknowledged - held;
  return (
    <ol className="stop-steps">
      <Step number={1} isDone={fence_revision !== null} title="Fence stored" segments={[[1, 'done']]}>
        {fence_revision === null ? 'obeyed; being written down' : `revision ${fence_revision}, by a majority`}
        , <Time at={stop.at} />
      </Step>
      <Step
        number={2}
        isDone={obeying === instances.length}
        title={`${count(obeying)} of ${count(instances.length)} processes obey`}
        segments={[
          [obeying, 'done'],
          [instances.length - obeying - stop.unknown.length - silent, 'late'],
          [stop.unknown.length, 'unknown'],
          [silent, 'none'],
        ]}
      >
        {said(stop, silent)}
      </Step>
      <Step
        number={3}
        isDone={pending.length === 0}
        title={
          experiments === 0
            ? 'No live experiment was met'
            : `${count(rolledBack)} of ${count(toRollBack)} rolled back`
        }
        segments={[
          [rolledBack, 'done'],
          [pending.length, 'late'],
        ]}
      >
        {[
          pending.length === 0
            ? experiments === 0
              ? 'nothing was live in its scope'
              : 'each verified'
            : pending.length <= 2
              ? `${pending.join(', ')} pending`
              : `${count(pending.length)} pending`,
          held > 0 && `${count(held)} that wait ${held === 1 ? 'is' : 'are'} held`,
        ]
          .filter((part) => part !== false)
          .join('; ')}
      </Step>
    </ol>
  );
}

/** How many are lost for so long that they serve the control by themselves, if they run at all. */
function silentOf({ instances, unknown }: StopReport): number {
  return instances.filter(({ obeys, live }) => !obeys && !live).length - unknown.length;
}

function said({ instances, unknown, complete }: StopReport, silent: number): string {
  const late = instances.filter(({ obeys, live }) => live && !obeys);
  const parts = [
    late.length > 0 && `${namesOf(late)} not yet`,
    unknown.length > 0 && `${namesOf(unknown)} unknown`,
    silent > 0 && `${count(silent)} lost, and on the control by itself`,
  ].filter((part) => part !== false);
  if (parts.length > 0) return parts.join('; ');
  return complete || instances.length > 0 ? 'every one that serves' : 'no process is known';
}

function namesOf(instances: readonly { instance_id: string }[]): string {
  return instances.length <= 2
    ? instances.map(({ instance_id }) => instance_id).join(', ')
    : count(instances.length);
}

type Kind = 'done' | 'late' | 'unknown' | 'none';

interface StepProps {
  number: number;
  isDone: boolean;
  title: string;
  segments: readonly (readonly [of: number, kind: Kind])[];
  children: ReactNode;
}

/** More than so many of a kind are one bar of that length. */
const MOST_APART = 12;

function Step({ number, isDone, title, segments, children }: StepProps) {
  const all = segments.reduce((sum, [of]) => sum + of, 0);
  return (
    <li>
      <span className={isDone ? 'no done' : 'no'} aria-hidden="true">
        {isDone ? <Icon name="check" /> : number}
      </span>
      <b>{title}</b>
      <span className="segs" aria-hidden="true">
        {segments.flatMap(([of, kind]) =>
          all <= MOST_APART
            ? Array.from({ length: of }, (_, index) => <i key={`${kind} ${index}`} className={kind} />)
            : of > 0
              ? [<i key={kind} className={kind} style={{ flexGrow: of }} />]
              : [],
        )}
      </span>
      <span className="sub">{children}</span>
    </li>
  );
}
