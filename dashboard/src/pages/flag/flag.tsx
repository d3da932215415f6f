import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useBlocker, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { definitionOf, flagQuery } from '../../api/flags.js';
import { useMay } from '../../session/use-session.js';
import { ActionButton } from '../../ui/action-button.js';
import { Answer } from '../../ui/answer.js';
import { Ago } from '../../ui/age.js';
import { Pill } from '../../ui/pill.js';
import { Strip } from '../../ui/strip.js';
import { Tabs } from '../../ui/tabs.js';
import { useTitle } from '../../ui/use-title.js';
import { FLAG_KINDS, kindOf, onOff, type Flag } from '../../words/flags.js';
import { DeleteDialog } from './delete-dialog.js';
import { DeskContext, textOf } from './draft.js';

const FIRST_CONTEXT = '{\n  "targetingKey": "user-1"\n}';

/** What is around every page of one flag: its name, whether it is on, and what drives it. */
export function FlagPage() {
  const { flag_id } = useParams({ from: '/flags/$flag_id' });
  const query = useQuery(flagQuery(flag_id));
  useTitle(flag_id);
  return (
    <Answer query={query} what="the flag">
      {(flag) => <Desk key={flag_id} flag={flag} />}
    </Answer>
  );
}

function Desk({ flag }: { flag: Flag }) {
  const [edit, setEdit] = useState<{ text: string; base: number } | null>(null);
  const [context, setContext] = useState(FIRST_CONTEXT);
  const text = edit?.text ?? null;
  const isEdited = text !== null && text !== textOf(definitionOf(flag));
  const { flag_id, revision } = flag;
  useBlocker({
    shouldBlockFn: ({ next }) =>
      isEdited &&
      !next.pathname.startsWith(`/flags/${encodeURIComponent(flag_id)}/`) &&
      !window.confirm('Your edit is not saved. Leave it?'),
    enableBeforeUnload: isEdited,
  });
  const change = (next: string | null): void =>
    setEdit(next === null ? null : { text: next, base: edit?.base ?? revision });
  return (
    <DeskContext value={{ flag, text, base: edit?.base ?? null, change, context, setContext }}>
      <Head flag={flag} isEdited={isEdited} />
      {flag.unserved && (
        <Strip tone="hold" icon="warn">
          <b>It is not served as it is stored: {flag.unserved.reason}</b>
          <div>By {flag.unserved.instances.join(', ')}. Whoever asks there gets the code's own default.</div>
        </Strip>
      )}
      <Outlet />
    </DeskContext>
  );
}

function Head({ flag, isEdited }: { flag: Flag; isEdited: boolean }) {
  const { flag_id, owner, revision, updated_at, driven_by = [], environments } = flag;
  const may = useMay('define');
  const [isAsked, setIsAsked] = useState(false);
  const { text, icon, tone } = onOff(flag);
  return (
    <div>
      <p className="crumb">
        <Link to="/flags">Flags</Link>
      </p>
      <div className="head">
        <div>
          <div className="title">
            <h1>{flag_id}</h1>
            <Pill tone={tone} icon={icon}>
              {text}
            </Pill>
            {driven_by.map((experiment_id) => (
              <Pill key={experiment_id} tone="info" icon="flask">
                <Link to="/experiments/$experiment_id/overview" params={{ experiment_id }}>
                  Experiment {experiment_id}
                </Link>
              </Pill>
            ))}
          </div>
          <p className="meta">
            <span>{FLAG_KINDS[kindOf(flag)].text}</span>
            <span>
              Revision {revision}, <Ago at={updated_at} />
            </span>
            {owner !== undefined && <span>Owner {owner}</span>}
            {environments !== undefined && <span>Only {environments.join(', ')}</span>}
          </p>
        </div>
        {may && (
          <div className="acts">
            <Link className="btn" to="/flags/new" search={{ from: flag_id }}>
              Duplicate
            </Link>
            <ActionButton kind="danger" onClick={() => setIsAsked(true)}>
              Delete…
            </ActionButton>
            {isAsked && <DeleteDialog flag_id={flag_id} onClose={() => setIsAsked(false)} />}
          </div>
        )}
      </div>
      <Tabs label="Flag">
        <Link to="/flags/$flag_id/overview" params={{ flag_id }}>
          Overview
        </Link>
        {may && (
          <Link to="/flags/$flag_id/edit" params={{ flag_id }}>
            Edit {isEdited && <span className="n">unsaved</span>}
          </Link>
        )}
        <Link to="/flags/$flag_id/revisions" params={{ flag_id }}>
          Revisions
        </Link>
        <Link to="/flags/$flag_id/playground" params={{ flag_id }}>
          Playground
        </Link>
      </Tabs>
    </div>
  );
}
