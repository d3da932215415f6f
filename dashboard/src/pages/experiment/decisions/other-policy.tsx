import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { backtestQuery, type Backtest } from '../../../api/history.js';
import { libraryQuery, policyVersionsQuery, type Policy, type PolicyVersion } from '../../../api/library.js';
import { planQuery } from '../../../api/queries.js';
import type { Schemas } from '../../../api/client.js';
import { notHere } from '../../../session/not-here.js';
import { useMay, useSession } from '../../../session/use-session.js';
import { ActionButton } from '../../../ui/action-button.js';
import { useNow } from '../../../ui/age.js';
import { Answer } from '../../../ui/answer.js';
import { Card } from '../../../ui/card.js';
import { OUTCOMES } from '../../../words/codes.js';
import { asSentence, count } from '../../../words/format.js';
import { ROWS } from '../../../words/rows.js';
import { exactTime, shortTime } from '../../../words/times.js';
import { decisionTitle } from './decision-rows.js';
import { sideBySide, type BacktestDecision, type Moment } from './side-by-side.js';

/** The recorded looks once more, through another policy, beside the one that it runs under. */
export function OtherPolicy({ experiment }: { experiment: Schemas['Experiment'] }) {
  const may = useMay('define');
  const { session } = useSession();
  const [isOpen, setIsOpen] = useState(false);
  const plan = useQuery(planQuery(experiment)).data;
  if (!may || !plan) return null;
  if (!isOpen)
    return (
      <p>
        <ActionButton why_not={notHere(session, experiment)} onClick={() => setIsOpen(true)}>
          Through another policy…
        </ActionButton>
      </p>
    );
  return <Comparison experiment_id={experiment.experiment_id} ran={plan.policy as unknown as Policy} />;
}

interface Chosen {
  policy_id: string;
  /** Null: its newest version. */
  version: number | null;
}

function Comparison({ experiment_id, ran }: { experiment_id: string; ran: Policy }) {
  const policies = useQuery(libraryQuery('policies'));
  const [{ policy_id, version }, setChosen] = useState<Chosen>({ policy_id: ran.policy_id, version: null });
  const versions = useQuery(policyVersionsQuery(policy_id));
  const [asked, setAsked] = useState<Policy | null>(null);
  const known = versions.data?.items ?? [];
  const chosen = known.find((one) => one.version === (version ?? known[0]!.version));
  return (
    <Card title="Through another policy" tools={`It runs under ${nameOf(ran)}`}>
      <Answer query={policies} what="the policies">
        {({ items }) => (
          <div className="toolbar">
            <PolicyChoice
              ids={items.map((one) => one.policy_id)}
              value={policy_id}
              onChange={(id) => setChosen({ policy_id: id, version: null })}
            />
            <VersionChoice
              versions={known}
              value={chosen?.version ?? null}
              onChange={(one) => setChosen({ policy_id, version: one })}
            />
            <ActionButton
              kind="primary"
              onClick={() => setAsked(chosen!.definition)}
              why_not={chosen === undefined ? 'Its versions are being read.' : null}
            >
              Take the looks through it
            </ActionButton>
          </div>
        )}
      </Answer>
      {asked === null ? (
        <p className="muted part-gap">
          The sums of every recorded look are taken through the policy that you choose, and once more through
          the one that it runs under, by the engine. What people commanded is in neither.
        </p>
      ) : (
        <Both key={nameOf(asked)} experiment_id={experiment_id} policies={[ran, asked]} />
      )}
    </Card>
  );
}

function nameOf({ policy_id, version }: Pick<Policy, 'policy_id' | 'version'>): string {
  return `${policy_id}, version ${version}`;
}

function PolicyChoice({
  ids,
  value,
  onChange,
}: {
  ids: readonly string[];
  value: string;
  onChange: (id: string) => void;
}) {
  const id = useId();
  return (
    <span className="inline">
      <label htmlFor={id}>Policy</label>
      <select
        id={id}
        className="input choice"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {[...new Set([...ids, value])].map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </span>
  );
}

interface VersionProps {
  versions: readonly PolicyVersion[];
  value: number | null;
  onChange: (version: number) => void;
}

function VersionChoice({ versions, value, onChange }: VersionProps) {
  const id = useId();
  return (
    <span className="inline">
      <label htmlFor={id}>version</label>
      <select
        id={id}
        className="input choice"
        value={value ?? ''}
        disabled={versions.length === 0}
        onChange={(event) => onChange(Number(event.currentTarget.value))}
      >
        {versions.map(({ version }) => (
          <option key={version} value={version}>
            {version}
          </option>
        ))}
      </select>
    </span>
  );
}

function Both({ experiment_id, policies }: { experiment_id: string; policies: [Policy, Policy] }) {
  const [ran, other] = policies;
  const left = useQuery(backtestQuery(experiment_id, ran));
  const right = useQuery(backtestQuery(experiment_id, other));
  return (
    <Answer query={left} what="what its own policy says of the looks">
      {(own) => (
        <Answer query={right} what="what the other policy says of the looks">
          {(tried) => <Beside own={own} tried={tried} />}
        </Answer>
      )}
    </Answer>
  );
}

/** Moments that are shown at once. */
const SHOWN = 100;

function Beside({ own, tried }: { own: Backtest; tried: Backtest }) {
  const { moments, first } = sideBySide(own.decisions, tried.decisions);
  const [isAll, setIsAll] = useState(false);
  const now = useNow();
  const names = [own, tried].map(({ policy: { id, version } }) => nameOf({ policy_id: id, version })) as [
    string,
    string,
  ];
  const shown = isAll ? moments : around(moments, first);
  return (
    <>
      <p className="part-gap" role="status">
        <b>
          {first === null
            ? `They decide the same at each of ${count(own.snapshots)} looks.`
            : `They first differ at ${exactTime(Date.parse(first.at))}, within ${count(own.snapshots)} looks.`}
        </b>
      </p>
      <table className="t stack beside part-gap">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">{names[0]}</th>
            <th scope="col">{names[1]}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((moment) => (
            <tr key={moment.at} aria-current={moment === first || undefined}>
              <td>
                <time dateTime={moment.at} title={exactTime(Date.parse(moment.at))}>
                  {shortTime(Date.parse(moment.at), now)}
                </time>
                {moment === first && <span className="sub">they first differ here</span>}
              </td>
              <td data-l={names[0]}>
                <Side decision={moment.left} isNew={moment.isNew.left} />
              </td>
              <td data-l={names[1]}>
                <Side decision={moment.right} isNew={moment.isNew.right} />
              </td>
            </tr>
          ))}
          <tr>
            <td>
              <b>In the end</b>
            </td>
            <td data-l={names[0]}>
              <b>{endOf(own)}</b>
            </td>
            <td data-l={names[1]}>
              <b>{endOf(tried)}</b>
            </td>
          </tr>
        </tbody>
      </table>
      {shown.length < moments.length && (
        <button type="button" className="btn part-gap" onClick={() => setIsAll(true)}>
          Show all {count(moments.length)} moments
        </button>
      )}
      {tried.caveats.length > 0 && (
        <ul className="caveats small muted part-gap">
          {tried.caveats.map((one) => (
            <li key={one}>{asSentence(one)}</li>
          ))}
        </ul>
      )}
    </>
  );
}

/** So many moments as are shown at once, with the first difference among them. */
function around(moments: readonly Moment[], first: Moment | null): readonly Moment[] {
  const at = first === null ? 0 : moments.indexOf(first);
  const from = Math.max(0, Math.min(at - SHOWN / 2, moments.length - SHOWN));
  return moments.slice(from, from + SHOWN);
}

function Side({ decision, isNew }: { decision: BacktestDecision | null; isNew: boolean }) {
  if (decision === null) return <span className="muted">nothing yet</span>;
  const { row, reasons } = decision;
  if (!isNew)
    return (
      <span className="muted">
        still row {row}, {decisionTitle(decision)}
      </span>
    );
  return (
    <div>
      <b>
        Row {row}, {ROWS[row].name}:
      </b>{' '}
      {decisionTitle(decision)}
      {reasons[0] !== undefined && <span className="sub">{asSentence(reasons[0].text)}</span>}
    </div>
  );
}

function endOf({ outcome, winner }: Backtest): string {
  if (outcome === 'shipping') return `Ships ${winner ?? 'its winner'}`;
  return outcome === 'undecided' ? 'Not decided by the last look' : OUTCOMES[outcome].text;
}
