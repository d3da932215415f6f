import { useQuery } from '@tanstack/react-query';
import { useLocation, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { Schemas } from '../../../api/client.js';
import { lookQuery, resultsQuery, seriesQuery } from '../../../api/queries.js';
import { Answer } from '../../../ui/answer.js';
import { Icon } from '../../../ui/icon.js';
import { Strip } from '../../../ui/strip.js';
import { useNow } from '../../../ui/age.js';
import { ago, count } from '../../../words/format.js';
import { exactTime, shortTime } from '../../../words/times.js';
import { placeOf } from './as-of.js';
import type { Tab } from '../tabs.js';
import { useLook, useResults } from './use-look.js';

/** For so long a slider rests before the look under it is asked for, ms. */
const REST_MS = 150;

/** Pages that show a look as it was; the others always show the present. */
const HAVE_PAST: readonly Tab[] = ['overview', 'evidence', 'guardrails', 'decisions'];

/** The page of the experiment that is open. */
function useTab(): Tab {
  return useLocation().pathname.split('/').at(-1) as Tab;
}

/** Sets the look that the pages of the experiment show; without one they show the present. */
function useChoose(): (look?: string) => void {
  const navigate = useNavigate();
  const params = useParams({ from: '/experiments/$experiment_id' });
  const tab = useTab();
  return (look) =>
    void navigate({
      to: `/experiments/$experiment_id/${tab}`,
      params,
      search: look === undefined ? {} : { look },
      replace: true,
      resetScroll: false,
    });
}

/** The way through the recorded looks: a slider, and what is shown now that it is moved. */
export function Past({ experiment }: { experiment: Schemas['Experiment'] }) {
  const { experiment_id } = experiment;
  const series = useQuery(seriesQuery(experiment_id));
  return (
    <Answer query={series} what="its looks">
      {({ looks }) =>
        looks.length === 0 ? (
          <p className="muted">Nothing was measured yet, so there is nothing to look back at.</p>
        ) : (
          <Slider experiment={experiment} looks={looks} />
        )
      }
    </Answer>
  );
}

type Look = Schemas['Series']['looks'][number];

function Slider({ experiment, looks }: { experiment: Schemas['Experiment']; looks: readonly Look[] }) {
  const choose = useChoose();
  const now = useNow();
  const present = useQuery(resultsQuery(experiment)).data?.snapshot_id;
  const shown = useResults(experiment).results.data;
  const place = shown ? Math.max(0, placeOf(looks, shown)) : looks.length - 1;
  const [moved, setMoved] = useState<number | null>(null);
  const at = Math.min(moved ?? place, looks.length - 1);
  const one = looks[at]!;
  useEffect(() => {
    if (moved === null) return;
    const timer = setTimeout(() => {
      const { snapshot_id } = looks[Math.min(moved, looks.length - 1)]!;
      // The look of the present has no address of its own: it is the one that is shown without any.
      choose(snapshot_id === present ? undefined : snapshot_id);
      setMoved(null);
    }, REST_MS);
    return () => clearTimeout(timer);
  });
  const said = `Look ${count(one.n)}, ${shortTime(Date.parse(one.at), now)}`;
  return (
    <div className="past">
      <Step by={-1} {...{ at, looks }} onStep={setMoved} />
      <input
        type="range"
        min={0}
        max={looks.length - 1}
        value={at}
        onChange={(event) => setMoved(Number(event.currentTarget.value))}
        aria-label="Look"
        aria-valuetext={`${said}, of ${count(looks.at(-1)!.n)}`}
        disabled={looks.length === 1}
      />
      <Step by={1} {...{ at, looks }} onStep={setMoved} />
      <span className="said">
        {said} <span className="muted">of {count(looks.at(-1)!.n)}</span>
      </span>
    </div>
  );
}

interface StepProps {
  by: 1 | -1;
  at: number;
  looks: readonly Look[];
  onStep: (place: number) => void;
}

function Step({ by, at, looks, onStep }: StepProps) {
  const isEnd = looks[at + by] === undefined;
  return (
    <button
      type="button"
      className={by === 1 ? 'icon-btn' : 'icon-btn turned'}
      aria-label={by === 1 ? 'Next look' : 'Look before'}
      aria-disabled={isEnd}
      onClick={() => !isEnd && onStep(at + by)}
    >
      <Icon name="next" />
    </button>
  );
}

/** Says above a page which look it shows, and leads back. */
export function PastStrip({ experiment_id }: { experiment_id: string }) {
  const look = useLook();
  const choose = useChoose();
  const { data, isPlaceholderData } = useQuery({
    ...lookQuery(experiment_id, look ?? ''),
    enabled: look !== undefined,
  });
  const looks = useQuery(seriesQuery(experiment_id)).data?.looks;
  const now = useNow();
  const tab = useTab();
  if (look === undefined) return null;
  const moment = data && !isPlaceholderData ? Date.parse(data.at) : null;
  const n = looks?.find(({ snapshot_id }) => snapshot_id === look)?.n;
  return (
    <Strip
      tone="info"
      icon="clock"
      aside={
        <button type="button" className="btn" onClick={() => choose()}>
          Back to now
        </button>
      }
    >
      <b>
        As of {n === undefined ? 'a look' : `look ${count(n)}`}
        {moment !== null && (
          <>
            , <time title={exactTime(moment)}>{shortTime(moment, now)}</time> · {ago(now - moment)}
          </>
        )}
      </b>
      <div>
        {HAVE_PAST.includes(tab)
          ? 'What was known and decided then. Commands are for now only.'
          : 'This page has no past: it shows the present.'}
      </div>
    </Strip>
  );
}

/** Whether the slider is shown: where the address names a look, or somebody asked for it. */
export function usePastOpen(): [isOpen: boolean, setOpen: (isOpen: boolean) => void] {
  const { look } = useSearch({ from: '/experiments/$experiment_id' });
  const choose = useChoose();
  const [isOpen, setOpen] = useState(false);
  const set = (open: boolean): void => {
    setOpen(open);
    if (!open) choose();
  };
  return [isOpen || look !== undefined, set];
}
