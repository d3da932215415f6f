import { MultiSelect, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { api, bodyOf, type idempotencyKey } from '../api/client.js';
import { NotConfirmed, Refused, ShellLine } from '../commands/not-confirmed.js';
import { useSending } from '../commands/use-sending.js';
import { useSession } from '../session/use-session.js';
import { useNow } from '../ui/age.js';
import { Foot, Sheet } from '../ui/sheet.js';
import { count, duration } from '../words/format.js';
import { shellLine } from '../words/stop.js';
import { liveExperimentsQuery, type LiveExperiments } from './live-experiments.js';

const REASONS = ['errors rise', 'checkout fails', 'pages are slow'] as const;
const OWN = 'own words…';

interface Props {
  /** The experiment whose page is open: it is the first of the named ones. */
  here: string | null;
  onClose: () => void;
}

interface StopBody {
  reason: string;
  experiment_ids?: string[];
}

/** Scope, reason, and the second action: a button that stands elsewhere. */
export function StopSheet({ here, onClose }: Props) {
  const [isAll, setAll] = useState(true);
  const [chosen, setNamed] = useState<string[] | null>(null);
  const [chip, setChip] = useState<string | null>(null);
  const [own, setOwn] = useState('');
  // Where it cannot be read, everything can still be stopped.
  const live = useQuery(liveExperimentsQuery).data ?? null;
  const isHere = live === null || live.experiments.some(({ id }) => id === here);
  const named = chosen ?? (here !== null && isHere ? [here] : []);
  const reason = chip === OWN ? own.trim() : (chip ?? '');
  const { state, stop, sent } = useStopping(onClose);
  const ids = isAll ? null : named;
  const asked = shellLine(sent?.experiment_ids ?? null, sent?.reason ?? '');
  const why_not =
    state.is === 'sending'
      ? 'It was sent: waiting for the answer.'
      : state.is === 'unconfirmed'
        ? null
        : lackOf(ids, chip, reason);
  return (
    <Sheet
      title="Emergency stop"
      says="Everyone gets the control within seconds, whatever the workflows do."
      onClose={onClose}
      footer={
        <Foot
          onClose={onClose}
          kind="danger solid"
          why_not={why_not}
          onDo={() => stop({ reason, ...(ids && { experiment_ids: ids }) })}
        >
          {state.is === 'unconfirmed' ? 'Repeat' : verbOf(ids, live)}
        </Foot>
      }
    >
      {state.is === 'unconfirmed' ? (
        <NotConfirmed problem={state.problem} shell={asked} />
      ) : (
        <>
          <Scope {...{ isAll, setAll, named, setNamed, live }} />
          <Reason {...{ chip, setChip, own, setOwn }} />
          <Consequence ids={ids} live={live} />
        </>
      )}
      {state.is === 'sending' && <Waiting since={state.since} shell={asked} />}
      {state.is === 'refused' && <Refused problem={state.problem} />}
    </Sheet>
  );
}

function useStopping(onClose: () => void) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [sent, setSent] = useState<StopBody | null>(null);
  const { state, go } = useSending(
    useCallback(
      (body: StopBody, key: ReturnType<typeof idempotencyKey>) =>
        bodyOf(api.POST('/v1/emergency-stops', { params: { header: key }, body })),
      [],
    ),
  );
  const stop = (body: StopBody): void => {
    // What was asked for stays so, although the lists that it was chosen from change by it.
    if (state.is !== 'unconfirmed') setSent(body);
    void go(body).then((set) => {
      if (!set) return;
      void queries.invalidateQueries({ queryKey: ['stops'] });
      onClose();
      return navigate({
        to: '/operations/stops/$stop_id',
        params: { stop_id: set.emergency_stop_id },
      });
    });
  };
  return { state, stop, sent };
}

function lackOf(ids: readonly string[] | null, chip: string | null, reason: string): string | null {
  if (ids?.length === 0) return 'Name at least one experiment.';
  if (chip === null) return 'Choose a reason.';
  return reason === '' ? 'Say the reason in your own words.' : null;
}

function verbOf(ids: readonly string[] | null, live: LiveExperiments | null): string {
  const number = ids?.length ?? (live === null || live.isMore ? 0 : live.experiments.length);
  if (ids === null && number === 0) return 'Serve control for all experiments';
  return `Serve control for ${count(number)} experiment${number === 1 ? '' : 's'}`;
}

interface ScopeProps {
  isAll: boolean;
  setAll: (is: boolean) => void;
  named: string[];
  setNamed: (ids: string[]) => void;
  live: LiveExperiments | null;
}

function Scope({ isAll, setAll, named, setNamed, live }: ScopeProps) {
  const { environments } = useSession().session;
  const number = live === null || live.isMore ? 0 : live.experiments.length;
  const all = number < 2 ? 'All live experiments' : `All ${count(number)} live experiments`;
  return (
    <fieldset className="scope">
      <legend className="visually-hidden">Which experiments</legend>
      <label className={isAll ? 'on' : ''}>
        <input
          type="radio"
          name="scope"
          className="radio"
          checked={isAll}
          onChange={() => setAll(true)}
          data-autofocus
        />
        <b>{environments === null ? all : `${all} of ${environments.join(', ')}`}</b>
        <span className="sub">
          {live === null ? 'How many they are cannot be read at the moment' : liveText(live)}
        </span>
      </label>
      <label className={isAll ? '' : 'on'}>
        <input type="radio" name="scope" className="radio" checked={!isAll} onChange={() => setAll(false)} />
        <span>Only named ones…</span>
      </label>
      {!isAll && (
        <MultiSelect
          aria-label="Experiments to stop"
          placeholder={named.length === 0 ? 'Type a name or an id' : ''}
          data={optionsOf(named, live)}
          value={named}
          onChange={setNamed}
          limit={50}
          searchable
          hidePickedOptions
          comboboxProps={{ withinPortal: false }}
          nothingFoundMessage="No live experiment is called so."
        />
      )}
    </fieldset>
  );
}

function liveText({ served, waiting }: LiveExperiments): string {
  if (served + waiting === 0) return 'None is live at the moment';
  const now = served === 1 ? 'One serves its arms now' : `${count(served)} serve their arms now`;
  if (waiting === 0) return now;
  return `${now}; ${waiting === 1 ? 'one waits' : `${count(waiting)} wait`} and will not start`;
}

function optionsOf(named: readonly string[], live: LiveExperiments | null) {
  const known = live?.experiments ?? [];
  const others = named.filter((id) => known.every((one) => one.id !== id));
  return [
    ...known.map(({ id, name }) => ({ value: id, label: name === id ? id : `${name} (${id})` })),
    ...others.map((id) => ({ value: id, label: id })),
  ];
}

interface ReasonProps {
  chip: string | null;
  setChip: (chip: string) => void;
  own: string;
  setOwn: (text: string) => void;
}

function Reason({ chip, setChip, own, setOwn }: ReasonProps) {
  return (
    <div className="field" role="group" aria-label="Reason">
      <span className="label" aria-hidden="true">
        Reason
      </span>
      <div className="chips">
        {[...REASONS, OWN].map((text) => (
          <button
            key={text}
            type="button"
            className="chip"
            aria-pressed={chip === text}
            onClick={() => setChip(text)}
          >
            {text}
          </button>
        ))}
      </div>
      {chip === OWN && (
        <TextInput
          aria-label="Reason in your own words"
          value={own}
          maxLength={500}
          onChange={(event) => setOwn(event.currentTarget.value)}
          autoFocus
        />
      )}
    </div>
  );
}

function Consequence({ ids, live }: { ids: readonly string[] | null; live: LiveExperiments | null }) {
  const number = ids?.length ?? live?.served ?? 0;
  const [before, after] =
    number === 1
      ? ['one serves its arms.', 'it serves control and ends as stopped.']
      : [
          `${ids === null && number === 0 ? 'all' : count(number)} serve their arms.`,
          'they serve control and end as stopped.',
        ];
  return (
    <ul className="small muted consequence">
      <li>
        <b>Before</b> {before} <b>After</b> {after}
      </li>
      <li>
        <b>Can’t be undone:</b> none starts again; release only lifts the fence. Copy what you need.
      </li>
    </ul>
  );
}

/** Nobody is left alone with a server that is slow to answer. */
const SLOW_MS = 3_000;

function Waiting({ since, shell }: { since: number; shell: string }) {
  const { clock_ahead } = useSession();
  const waited = useNow() - clock_ahead - since;
  if (waited < SLOW_MS)
    return (
      <p role="status" className="muted">
        Asked; waiting for the answer…
      </p>
    );
  return (
    <>
      <p role="status">
        <b>Not confirmed yet:</b> no answer for {duration(waited)}.
      </p>
      <ShellLine>{shell}</ShellLine>
    </>
  );
}
