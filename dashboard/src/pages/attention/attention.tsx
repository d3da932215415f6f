import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { staleFlagsQuery } from '../../api/lists.js';
import { Answer } from '../../ui/answer.js';
import { Ago, Time, useNow } from '../../ui/age.js';
import { Card } from '../../ui/card.js';
import { Empty } from '../../ui/empty.js';
import { Icon } from '../../ui/icon.js';
import { useTitle } from '../../ui/use-title.js';
import { count, duration } from '../../words/format.js';
import { linesIn, type Line, type Section, type SectionName, type Target } from './items.js';
import { useAttention } from './use-attention.js';

const SECTIONS: Record<SectionName, { title: string; tone: 'hold' | 'harm' | 'plain' }> = {
  stops: { title: 'Emergency stops in force', tone: 'harm' },
  lost: { title: 'Lost processes', tone: 'harm' },
  approvals: { title: 'Approvals wanted', tone: 'hold' },
  suspects: { title: 'Guardrails under suspicion', tone: 'hold' },
  holds: { title: 'Held', tone: 'hold' },
  pauses: { title: 'Paused by somebody', tone: 'hold' },
};

/** What needs somebody now, and where it is dealt with. */
export function Attention() {
  const { experiments, stops, sections } = useAttention();
  const lines = sections ? linesIn(sections) : 0;
  useTitle(lines > 0 ? `Attention (${lines})` : 'Attention');
  return (
    <>
      <div className="head">
        <h1>Attention</h1>
      </div>
      <Answer query={stops} what="the emergency stops">
        {() => (
          <Answer query={experiments} what="the experiments that need somebody">
            {() => sections && <Sections sections={sections} />}
          </Answer>
        )}
      </Answer>
      <StaleFlags />
    </>
  );
}

function Sections({ sections }: { sections: readonly Section[] }) {
  if (sections.length === 0) {
    return (
      <div className="card">
        <Empty
          title="Nothing needs you"
          action={
            <Link className="btn" to="/experiments">
              See the experiments
            </Link>
          }
        >
          No approval is wanted, nothing is held or paused, and every process serves what it should.
        </Empty>
      </div>
    );
  }
  return sections.map(({ name, lines }) => (
    <Card key={name} title={`${SECTIONS[name].title}, ${count(lines.length)}`} flush>
      <ul className="attention">
        {lines.map((line) => (
          <li key={line.key}>
            <Icon name={line.icon} className={`is-${SECTIONS[name].tone}`} />
            <div>
              <To target={line.to}>{line.title}</To>
              <span className="said">{line.text}</span>
              <span className="sub">{line.then}</span>
            </div>
            <Moment line={line} />
          </li>
        ))}
      </ul>
    </Card>
  ));
}

function Moment({ line: { at, isDeadline } }: { line: Line }) {
  const now = useNow();
  if (at === null) return null;
  if (!isDeadline) return <Ago at={at} />;
  const left = Date.parse(at) - now;
  return (
    <span className="age">
      by <Time at={at} />
      {left > 0 && <>, in {duration(left)}</>}
    </span>
  );
}

function To({ target, children }: { target: Target; children: ReactNode }) {
  switch (target.page) {
    case 'stop':
      return (
        <Link className="nm" to="/operations/stops/$stop_id" params={{ stop_id: target.id }}>
          {children}
        </Link>
      );
    case 'system':
      return (
        <Link className="nm" to="/operations/system">
          {children}
        </Link>
      );
    case 'experiment':
      return (
        <Link
          className="nm"
          to={`/experiments/$experiment_id/${target.tab}`}
          params={{ experiment_id: target.id }}
        >
          {children}
        </Link>
      );
  }
}

/** No matter of now, so it is a hint at the end. */
function StaleFlags() {
  const { data } = useQuery(staleFlagsQuery);
  if (!data || data.length === 0) return null;
  return (
    <p className="muted">
      <Icon name="flag" />{' '}
      <Link to="/flags/stale">
        {data.length === 1 ? 'One flag decides' : `${count(data.length)} flags decide`} nothing any more
      </Link>
      : the code can do without.
    </p>
  );
}
