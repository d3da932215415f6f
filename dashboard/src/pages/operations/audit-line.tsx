import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { AuditEntry } from '../../api/administration.js';
import { Time } from '../../ui/age.js';
import { Diff } from '../../ui/diff.js';
import { Icon } from '../../ui/icon.js';
import { actionText } from '../../words/audit.js';

/** One change: who, what and when; opened, what it was before and after. */
export function AuditLine({ entry }: { entry: AuditEntry }) {
  const { seq, at, actor, action, subject, hash } = entry;
  const [isOpen, setIsOpen] = useState(false);
  const isRefused = action.endsWith('.refused');
  return (
    <li>
      <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>
          <Icon
            name={isRefused ? 'cross' : actor.type === 'system' ? 'server' : 'person'}
            className={isRefused ? 'is-hold' : 'muted'}
          />
          <span>
            <b>{actor.name ?? actor.id}</b>
            {actor.type === 'system' && ' (the engine)'} {actionText(action, subject)}
          </span>
          <span className="muted nowrap">
            <Time at={at} />
          </span>
        </summary>
        {isOpen && (
          <div className="opened">
            <p className="small muted">
              Entry {seq}, <code>{action}</code> by <code>{actor.id}</code>, <SubjectLink subject={subject} />
            </p>
            <Changed entry={entry} />
            <p className="small muted hash">
              Hash <code>{hash}</code>
            </p>
          </div>
        )}
      </details>
    </li>
  );
}

function Changed({ entry: { before, after } }: { entry: AuditEntry }) {
  if (before === undefined && after === undefined)
    return <p className="muted">Nothing more was written down of it.</p>;
  return <Diff before={before} after={after} label="Before and after" />;
}

const KINDS: Record<string, string> = {
  segment: 'segments',
  metric: 'metrics',
  policy: 'policies',
  layer: 'layers',
  holdout: 'holdouts',
};

function SubjectLink({ subject: { type, id } }: Pick<AuditEntry, 'subject'>) {
  const text = `${type.replaceAll('_', ' ')} ${id}`;
  const kind = KINDS[type];
  if (kind !== undefined) {
    return (
      <Link to="/library/$kind/$id" params={{ kind, id }}>
        {text}
      </Link>
    );
  }
  if (type === 'experiment') {
    return (
      <Link to="/experiments/$experiment_id" params={{ experiment_id: id }}>
        {text}
      </Link>
    );
  }
  if (type === 'flag') {
    return (
      <Link to="/flags/$flag_id" params={{ flag_id: id }}>
        {text}
      </Link>
    );
  }
  if (type === 'emergency_stop') {
    return (
      <Link to="/operations/stops/$stop_id" params={{ stop_id: id }}>
        {text}
      </Link>
    );
  }
  if (type === 'webhook') return <Link to="/operations/webhooks">{text}</Link>;
  return text;
}
