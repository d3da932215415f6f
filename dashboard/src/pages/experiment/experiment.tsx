import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useParams } from '@tanstack/react-router';
import type { Schemas } from '../../api/client.js';
import { experimentQuery } from '../../api/queries.js';
import { CommandBar } from '../../commands/command-bar.js';
import { ReportButton } from '../../report/report-button.js';
import { useMay } from '../../session/use-session.js';
import { Answer } from '../../ui/answer.js';
import { Pill } from '../../ui/pill.js';
import { Strip } from '../../ui/strip.js';
import { Time } from '../../ui/age.js';
import { Tabs } from '../../ui/tabs.js';
import { useTitle } from '../../ui/use-title.js';
import { holdSentence, standing } from '../../words/state.js';
import { Past, PastStrip, usePastOpen } from './past/past.js';
import { useLook, useLookSearch } from './past/use-look.js';
import { TABS } from './tabs.js';

/** What is around every page of one experiment: its name, where it stands, and what holds it. */
export function ExperimentPage() {
  const { experiment_id } = useParams({ from: '/experiments/$experiment_id' });
  const query = useQuery(experimentQuery(experiment_id));
  const isPast = useLook() !== undefined;
  useTitle(query.data?.name ?? experiment_id);
  return (
    <Answer query={query} what="the experiment">
      {(experiment) => (
        <>
          <Head experiment={experiment} />
          {isPast ? <PastStrip experiment_id={experiment_id} /> : <Holds experiment={experiment} />}
          <Outlet />
        </>
      )}
    </Answer>
  );
}

function Head({ experiment }: { experiment: Schemas['Experiment'] }) {
  const mayCommand = useMay('command');
  const { experiment_id, name, owner, policy, environment, target_audience } = experiment;
  const { text, icon, tone } = standing(experiment);
  const audience = target_audience?.include ?? [];
  const look = useLook();
  const isPast = look !== undefined;
  const [isOpen, setOpen] = usePastOpen();
  const search = useLookSearch();
  return (
    <div>
      <div className="crumb">
        <Link to="/experiments">Experiments</Link>
        {experiment.revision > 0 && (
          <span className="tools">
            <button type="button" className="link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              Look back
            </button>
            <ReportButton experiment_id={experiment_id} look={look} />
          </span>
        )}
      </div>
      <div className="head">
        <div>
          <div className="title">
            <h1>{name ?? experiment_id}</h1>
            <Pill tone={tone} icon={icon}>
              {isPast ? `Now: ${text}` : text}
            </Pill>
          </div>
          <p className="meta">
            <span className="id">{experiment_id}</span>
            {owner !== undefined && <span>Owner {owner}</span>}
            <span>
              Policy {policy.id}
              {policy.version !== null && `, version ${policy.version}`}
            </span>
            {environment !== undefined && <span>Only {environment}</span>}
            <span className="only-wide">
              {audience.length === 0 ? 'Everybody' : `Any of ${audience.join(', ')}`}
            </span>
          </p>
        </div>
        <CommandBar experiment={experiment} barred={isPast ? BARRED : null} />
      </div>
      <Tabs label="Experiment">
        {TABS.filter(([tab]) => tab !== 'people' || mayCommand).map(([tab, title]) => (
          <Link
            key={tab}
            to={`/experiments/$experiment_id/${tab}`}
            params={{ experiment_id }}
            search={search}
          >
            {title}
          </Link>
        ))}
      </Tabs>
      {isOpen && <Past experiment={experiment} />}
    </div>
  );
}

const BARRED = 'You look at the past. Go back to now first.';

/** Every hold with what lifts it, above every page. */
function Holds({
  experiment: { experiment_id, holds, paused, state },
}: {
  experiment: Schemas['Experiment'];
}) {
  if (state === 'completed') return null;
  return (
    <>
      {paused !== null && (
        <Strip tone="hold" icon="hold" aside={<Time at={paused.at} />}>
          <b>
            Paused by {paused.by}
            {paused.reason !== null && `: ${paused.reason}`}
          </b>
          <div>Traffic stays as it is. Guardrails still roll back.</div>
        </Strip>
      )}
      {holds.map((hold) => (
        <Strip
          key={hold.code}
          tone="hold"
          icon={hold.code === 'guardrail_blind' ? 'blind' : 'hold'}
          aside={<Time at={hold.since} />}
        >
          <b>{holdSentence(hold)}</b>
          <div className="lifts">
            Lifts when {hold.lifts_when}.{' '}
            {hold.code === 'guardrail_blind' && (
              <Link to="/experiments/$experiment_id/guardrails" params={{ experiment_id }}>
                What it lacks
              </Link>
            )}
          </div>
        </Strip>
      ))}
    </>
  );
}
