import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { definitionOf, flagQuery, saveFlag, staleFlagsQuery } from '../../api/flags.js';
import { useMay } from '../../session/use-session.js';
import { ActionButton } from '../../ui/action-button.js';
import { Card } from '../../ui/card.js';
import { Confirm } from '../../ui/confirm.js';
import { Diff } from '../../ui/diff.js';
import { Icon } from '../../ui/icon.js';
import { Strip } from '../../ui/strip.js';
import { Time } from '../../ui/age.js';
import { offText, servingOf, servingSummary } from '../../words/flag-sentences.js';
import { FLAG_KINDS, kindOf, STALE_REASONS, stepName, type Flag } from '../../words/flags.js';
import { STALE_DAYS } from '../flags/stale.js';
import { useDesk } from './draft.js';

/** What the flag serves to whom now, who drives it, and its switch. */
export function FlagOverview() {
  const { flag } = useDesk();
  const stale = useQuery(staleFlagsQuery(STALE_DAYS)).data?.find(({ flag_id }) => flag_id === flag.flag_id);
  return (
    <>
      {stale && (
        <Strip tone="info" icon="clock" aside={<Time at={stale.since} />}>
          <b>{STALE_REASONS[stale.reason].sentence}</b>
          <div>To tidy up: {stale.remedy}.</div>
        </Strip>
      )}
      <div className="grid cols-21 at-top">
        <Card title={flag.enabled ? 'What it serves, in this order' : 'What it serves'}>
          <Serving flag={flag} />
        </Card>
        <div className="grid">
          <Switch flag={flag} />
          <Card title="About">
            <About flag={flag} />
          </Card>
        </div>
      </div>
    </>
  );
}

function Serving({ flag }: { flag: Flag }) {
  const rows = servingOf(definitionOf(flag), flag.driven_by ?? []);
  return (
    <ol className="serving">
      {rows.map(({ who, gets, path }) => (
        <li key={`${path} ${who}`}>
          <span>
            {path.startsWith('rules.') && (
              <span className="muted">{stepName({ check: 'rule', path })}: </span>
            )}
            {who}
            <RuleNote flag={flag} path={path} />
          </span>
          <span>
            <Icon name="right" className="muted" /> <b>{gets}</b>
          </span>
        </li>
      ))}
    </ol>
  );
}

function RuleNote({ flag, path }: { flag: Flag; path: string }) {
  const [head, index] = path.split('.');
  const description = head === 'rules' ? flag.rules?.[Number(index)]?.description : undefined;
  return description === undefined ? null : <span className="sub">{description}</span>;
}

/** The switch, where somebody may use it. */
function Switch({ flag }: { flag: Flag }) {
  const may = useMay('define');
  const [isAsked, setIsAsked] = useState(false);
  const { enabled, driven_by = [] } = flag;
  return (
    <Card title={enabled ? 'It is on' : 'It is off'}>
      <p>
        {enabled
          ? `Switched off, everybody gets ${offText(definitionOf(flag))}.`
          : `Everybody gets ${offText(definitionOf(flag))} until it is on.`}
        {driven_by.length > 0 && (
          <span className="sub">
            Driven by{' '}
            {driven_by.map((experiment_id) => (
              <Link key={experiment_id} to="/experiments/$experiment_id/overview" params={{ experiment_id }}>
                {experiment_id}
              </Link>
            ))}
            , which is held while the flag is off.
          </span>
        )}
      </p>
      {may && (
        <p className="acts-row part-gap">
          <ActionButton kind={enabled ? 'danger' : 'primary'} onClick={() => setIsAsked(true)}>
            {enabled ? 'Switch off…' : 'Switch on…'}
          </ActionButton>
        </p>
      )}
      {isAsked && <SwitchDialog flag={flag} onClose={() => setIsAsked(false)} />}
    </Card>
  );
}

function SwitchDialog({ flag, onClose }: { flag: Flag; onClose: () => void }) {
  const queries = useQueryClient();
  const before = definitionOf(flag);
  const after = { ...before, enabled: !before.enabled };
  const { flag_id, driven_by = [] } = flag;
  return (
    <Confirm
      title={after.enabled ? `Switch ${flag_id} on` : `Switch ${flag_id} off`}
      verb={after.enabled ? 'Switch on' : 'Switch off for everybody'}
      kind={after.enabled ? 'primary' : 'danger solid'}
      unanswered="Look at its revisions before you repeat it."
      onClose={onClose}
      onConfirm={async () => {
        await saveFlag(after);
        await Promise.all([
          queries.invalidateQueries({ queryKey: flagQuery(flag_id).queryKey }),
          queries.invalidateQueries({ queryKey: ['flags'] }),
        ]);
      }}
    >
      <dl className="kv">
        <dt>Now</dt>
        <dd>{servingSummary(before)}</dd>
        <dt>Then</dt>
        <dd>
          <b>{servingSummary(after)}</b>
        </dd>
      </dl>
      {driven_by.length > 0 && (
        <p>
          {after.enabled
            ? `Experiment ${driven_by.join(', ')} goes on with it.`
            : `Experiment ${driven_by.join(', ')} runs on it: its people get ${offText(after)}, and it is held until the flag is on again.`}
        </p>
      )}
      <Diff before={before} after={after} label={`Revision ${flag.revision} to ${flag.revision + 1}`} />
    </Confirm>
  );
}

function About({ flag }: { flag: Flag }) {
  const { description, owner, tags = [], created_at } = flag;
  return (
    <dl className="kv">
      {description !== undefined && (
        <>
          <dt>For</dt>
          <dd>{description}</dd>
        </>
      )}
      <dt>Kind</dt>
      <dd>{FLAG_KINDS[kindOf(flag)].sentence}</dd>
      <dt>Owner</dt>
      <dd>{owner ?? 'nobody named'}</dd>
      {tags.length > 0 && (
        <>
          <dt>Tags</dt>
          <dd>{tags.join(', ')}</dd>
        </>
      )}
      <dt>Created</dt>
      <dd>
        <Time at={created_at} />
      </dd>
    </dl>
  );
}
