import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { Icon } from '../../ui/icon.js';
import { count } from '../../words/format.js';
import { KIND_WORDS } from '../../words/kinds.js';
import type { Listed } from './rows.js';
import { countsOf, valuesOf } from './rows.js';
import { KINDS, type Kind, type ListSearch } from './search.js';

interface Props {
  search: ListSearch;
  /** All that the list has. */
  experiments: readonly Listed[];
  /** Those that every filter but the kind lets through. */
  matching: readonly Listed[];
  /** How many are over, also those that are not in the list. */
  ended: number;
}

/** The filters of the list. All of them are in the address, so that a link holds them. */
export function Filters({ search, experiments, matching, ended }: Props) {
  const navigate = useNavigate({ from: '/experiments' });
  const change = (part: Partial<Record<keyof ListSearch, string | undefined>>): void => {
    void navigate({
      search: (before) => {
        const entries = Object.entries({ ...before, ...part }).filter(
          ([, value]) => value !== undefined && value !== '',
        );
        return Object.fromEntries(entries);
      },
      replace: true,
    });
  };
  return (
    <div className="list-filters">
      <Chips {...{ search, experiments, matching, ended, change }} />
      <div className="narrowing">
        <SearchField q={search.q ?? ''} onChange={(q) => change({ q })} />
        <Choice
          label="Owner"
          all="anyone"
          value={search.owner}
          values={valuesOf(experiments, 'owner')}
          onChange={(owner) => change({ owner })}
        />
        <Choice
          label="Layer"
          all="all"
          value={search.layer}
          values={valuesOf(experiments, 'layer_id')}
          onChange={(layer) => change({ layer })}
        />
      </div>
    </div>
  );
}

interface ChipsProps extends Props {
  change: (part: { show: Kind | undefined }) => void;
}

function Chips({ search, experiments, matching, ended, change }: ChipsProps) {
  const counts = countsOf(matching);
  const isNarrowed = search.q !== undefined || search.owner !== undefined || search.layer !== undefined;
  // What is over and not in the list is known by number alone, and only while nothing else selects.
  const over = isNarrowed ? (counts.get('ended') ?? 0) : ended;
  const all = matching.length - (counts.get('ended') ?? 0) + over;
  const present = countsOf(experiments);
  const shown = KINDS.filter((kind) => present.has(kind) || kind === search.show);
  return (
    <div className="counts" role="group" aria-label="Which experiments">
      <Chip pressed={search.show === undefined} onClick={() => change({ show: undefined })}>
        All {count(all)}
      </Chip>
      {shown.map((kind) => {
        const { text, icon, tone } = KIND_WORDS[kind];
        return (
          <Chip
            key={kind}
            pressed={search.show === kind}
            onClick={() => change({ show: search.show === kind ? undefined : kind })}
          >
            {icon && <Icon name={icon} className={tone === 'plain' ? '' : `is-${tone}`} />}
            {text} {count(kind === 'ended' ? over : (counts.get(kind) ?? 0))}
          </Chip>
        );
      })}
    </div>
  );
}

interface ChipProps {
  pressed: boolean;
  onClick: () => void;
  children: React.ReactNode;
}

function Chip({ pressed, onClick, children }: ChipProps) {
  return (
    <button type="button" className="chip" aria-pressed={pressed} onClick={onClick}>
      {children}
    </button>
  );
}

/** How long typing pauses until the address takes what was typed, ms. */
const TYPING_MS = 120;

function SearchField({ q, onChange }: { q: string; onChange: (q: string) => void }) {
  const [text, setText] = useState(q);
  const sent = useRef(q);
  useEffect(() => {
    // The address was changed by somebody else: a link, or the way back.
    if (q !== sent.current) {
      sent.current = q;
      setText(q);
    }
  }, [q]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      onChange(text);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <label className="find-in">
      <Icon name="search" />
      <input
        type="search"
        className="input"
        placeholder="Name or id"
        aria-label="Search in names and ids"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  );
}

interface ChoiceProps {
  label: string;
  /** What it says where nothing is chosen. */
  all: string;
  value: string | undefined;
  values: readonly string[];
  onChange: (value: string | undefined) => void;
}

function Choice({ label, all, value, values, onChange }: ChoiceProps) {
  const known = value !== undefined && !values.includes(value) ? [value, ...values] : values;
  if (known.length === 0) return null;
  return (
    <label className="choice">
      <span className="muted">{label}</span>
      <select value={value ?? ''} onChange={(event) => onChange(event.target.value || undefined)}>
        <option value="">{all}</option>
        {known.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <Icon name="down" />
    </label>
  );
}
