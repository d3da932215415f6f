import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useParams } from '@tanstack/react-router';
import type { Schemas } from '../../api/client.js';
import { experimentQuery } from '../../api/queries.js';
import { CommandBar } from '../../commands/command-bar.js';
import { useMay } from '../../session/use-session.js';
import { Answer } from '../../ui/answer.js';
import { Pill } from '../../ui/pill.js';
import { Strip } from '../../ui/strip.js';
import { Time } from '../../ui/age.js';
import { useTitle } from '../../ui/use-title.js';
import { HOLDS } from '../../words/codes.js';
import { standing } from '../../words/state.js';

const TABS = [
  ['overview', 'Overview'],
  ['evidence', 'Evidence'],
  ['guardrails', 'Guardrails'],
  ['health', 'Health'],
  ['decisions', 'Decisions'],
  ['timeline', 'Timeline'],
  ['definition', 'Definition'],
  ['people', 'People'],
] as const;

/** What is around every page of one experiment: its name, where it stands, and what holds it. */
export function ExperimentPage() {
  const { experiment_id } = useParams({ from: '/experiments/$experiment_id' });
  const query = useQuery(experimentQuery(experiment_id));
  useTitle(query.data?.name ?? experiment_id);
  return (
    <Answer query={query} what="the experiment">
      {(experiment) => (
        <>
          <Head experiment={experiment} />
          <Holds experiment={experiment} />
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
  return (
    <div>
      <p className="crumb">
        <Link to="/experiments">Experiments</Link>
      </p>
      <div className="head">
        <div>
          <div className="title">
            <h1>{name ?? experiment_id}</h1>
            <Pill tone={tone} icon={icon}>
              {text}
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
        <CommandBar experiment={experiment} />
      </div>
      <nav className="tabs" aria-label="Experiment">
        {TABS.filter(([tab]) => tab !== 'people' || mayCommand).map(([tab, title]) => (
          <Link key={tab} to={`/experiments/$experiment_id/${tab}`} params={{ experiment_id }}>
            {title}
          </Link>
        ))}
      </nav>
    </div>
  );
}

/** Every hold with what lifts it, above every page. */
function Holds({ experiment: { holds, paused, state } }: { experiment: Schemas['Experiment'] }) {
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
      {holds.map(({ code, since, lifts_when, detail }) => (
        <Strip
          key={code}
          tone="hold"
          icon={code === 'guardrail_blind' ? 'blind' : 'hold'}
          aside={<Time at={since} />}
        >
          <b>{HOLDS[code].sentence}</b>
          {detail !== undefined && <span>: {detail}</span>}
          <div className="lifts">Lifts when {lifts_when}.</div>
        </Strip>
      ))}
    </>
  );
}
