import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { deleteFlag, flagUsesQuery, type FlagUses } from '../../api/flags.js';
import { Answer } from '../../ui/answer.js';
import { Confirm } from '../../ui/confirm.js';
import { Strip } from '../../ui/strip.js';
import { asSentence } from '../../words/format.js';

/** Deletes a flag, with what uses it. Where something does that cannot do without it, that is said in place of a button. */
export function DeleteDialog({ flag_id, onClose }: { flag_id: string; onClose: () => void }) {
  const query = useQuery(flagUsesQuery(flag_id));
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { data } = query;
  return (
    <Confirm
      title={`Delete ${flag_id}`}
      verb="Delete the flag"
      why_not={
        data === undefined
          ? 'What uses it is not known yet.'
          : data.refusal && asSentence(data.refusal.detail)
      }
      unanswered="Look at the flags before you repeat it."
      onConfirm={async () => {
        await deleteFlag(flag_id);
        await navigate({ to: '/flags' });
        queries.removeQueries({ queryKey: ['flag', flag_id] });
        await queries.invalidateQueries({ queryKey: ['flags'] });
      }}
      onClose={onClose}
    >
      <Answer query={query} what="what uses it">
        {(uses) => <Uses uses={uses} />}
      </Answer>
      <p>
        Whoever asks for it gets the code&rsquo;s own default from then on. Its revisions are kept for a
        while: a flag that is created again under its name goes on with their numbers.
      </p>
    </Confirm>
  );
}

function Uses({ uses: { flags, experiments, drafts, refusal } }: { uses: FlagUses }) {
  if (flags.length + experiments.length + drafts.length === 0)
    return (
      <p>No flag and no experiment that is not over refers to it. Whether code asks for it, nobody knows.</p>
    );
  return (
    <>
      {refusal !== null && (
        <Strip tone="hold" icon="lock">
          <b>It would be refused.</b> {asSentence(refusal.detail)}
        </Strip>
      )}
      <dl className="kv">
        <Named by="Experiments under way" ids={experiments}>
          {(experiment_id) => (
            <Link to="/experiments/$experiment_id" params={{ experiment_id }}>
              {experiment_id}
            </Link>
          )}
        </Named>
        <Named by="Flags that need it" ids={flags}>
          {(id) => (
            <Link to="/flags/$flag_id" params={{ flag_id: id }}>
              {id}
            </Link>
          )}
        </Named>
        <Named
          by="Drafts"
          ids={drafts}
          says="They do not keep it: each makes a flag of its own where it ends."
        >
          {(experiment_id) => (
            <Link to="/experiments/$experiment_id" params={{ experiment_id }}>
              {experiment_id}
            </Link>
          )}
        </Named>
      </dl>
    </>
  );
}

interface NamedProps {
  by: string;
  ids: readonly string[];
  says?: string;
  children: (id: string) => ReactNode;
}

function Named({ by, ids, says, children }: NamedProps) {
  if (ids.length === 0) return null;
  return (
    <>
      <dt>{by}</dt>
      <dd>
        <ul className="links">
          {ids.map((id) => (
            <li key={id}>{children(id)}</li>
          ))}
        </ul>
        {says !== undefined && <span className="sub">{says}</span>}
      </dd>
    </>
  );
}
