import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { stopQuery } from '../../../api/queries.js';
import { ShellLine } from '../../../commands/not-confirmed.js';
import { Answer } from '../../../ui/answer.js';
import { Card } from '../../../ui/card.js';
import { Icon } from '../../../ui/icon.js';
import { Time, useNow } from '../../../ui/age.js';
import { useTitle } from '../../../ui/use-title.js';
import { duration } from '../../../words/format.js';
import {
  isInForce,
  missingIn,
  scopeText,
  shellLine,
  stopStanding,
  type StopReport,
} from '../../../words/stop.js';
import { exactTime } from '../../../words/times.js';
import { OperationsNav } from '../operations-nav.js';
import { StopActions } from './stop-actions.js';
import { StopExperiments } from './stop-experiments.js';
import { StopProcesses } from './stop-processes.js';
import { StopSteps } from './stop-steps.js';

/** The truth about one emergency stop, as it is learnt. */
export function Stop() {
  const { stop_id } = useParams({ from: '/operations/stops/$stop_id' });
  useTitle('Emergency stop');
  const query = useQuery(stopQuery(stop_id));
  return (
    <>
      <OperationsNav />
      <Answer query={query} what="the report of this stop">
        {(stop) => (
          <>
            <section className="card truth" aria-labelledby="truth">
              <div className="body">
                <Eyebrow stop={stop} />
                <div role="status">
                  <Finding stop={stop} />
                </div>
                <About stop={stop} read_at={query.dataUpdatedAt} />
              </div>
              <StopSteps stop={stop} />
              {isInForce(stop) && <StopActions stop={stop} />}
            </section>
            <div className="grid cols-2">
              <StopProcesses stop={stop} />
              <div className="grid top-aligned">
                <StopExperiments stop={stop} />
                {isInForce(stop) && !stop.complete && <IfThisFails stop={stop} />}
              </div>
            </div>
          </>
        )}
      </Answer>
    </>
  );
}

function Eyebrow({ stop }: { stop: StopReport }) {
  return (
    <p className={isInForce(stop) ? 'eyebrow is-harm' : 'eyebrow'}>
      <Icon name="stop" /> EMERGENCY STOP, {scopeText(stop).toUpperCase()},{' '}
      <span title={exactTime(Date.parse(stop.at))}>{clock.format(Date.parse(stop.at))}</span>
    </p>
  );
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

function Finding({ stop }: { stop: StopReport }) {
  switch (stopStanding(stop)) {
    case 'not complete':
      return (
        <h1 id="truth">
          <span className="is-harm">NOT COMPLETE:</span> {missingIn(stop)}
        </h1>
      );
    case 'complete':
      return <h1 id="truth">Complete: no process serves an arm</h1>;
    case 'released':
      return <h1 id="truth">Released: nothing was started again</h1>;
  }
}

function About({ stop, read_at }: { stop: StopReport; read_at: number }) {
  const now = useNow();
  return (
    <p className="muted">
      By {stop.by}, “{stop.reason}”.{' '}
      {stop.released_at === undefined ? (
        <>
          In force for <b>{duration(now - Date.parse(stop.at))}</b>; nothing can start under it.
        </>
      ) : (
        <>
          Released <Time at={stop.released_at} />.
        </>
      )}{' '}
      <span className="age">Report of {clock.format(read_at)}</span>
    </p>
  );
}

function IfThisFails({ stop }: { stop: StopReport }) {
  const ids = stop.scope === 'all' ? null : stop.scope;
  return (
    <Card title="If this page fails">
      <div className="grid">
        <p className="muted">The stop is set, and is obeyed without this page.</p>
        <ShellLine label="To follow it from any shell">{`rampart emergency-stops ${stop.emergency_stop_id} --wait`}</ShellLine>
        <ShellLine label="To set it again">{shellLine(ids, stop.reason)}</ShellLine>
      </div>
    </Card>
  );
}
