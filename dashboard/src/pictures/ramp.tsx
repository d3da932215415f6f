import { useId } from 'react';
import type { Schemas } from '../api/client.js';
import { HOLDS, type HoldCode } from '../words/codes.js';
import { duration, percent } from '../words/format.js';
import { shortTime } from '../words/times.js';
import { Hatch } from './hatch.js';
import { lanesOf } from './lanes.js';

type Plan = Schemas['Plan'];
export type Stage = Plan['stages'][number];
export type Interruption = Plan['interruptions'][number];

interface Props {
  stages: readonly Stage[];
  interruptions: readonly Interruption[];
  /** ms since the epoch, by the server's clock */
  now: number;
  width: number;
  /** Says a moment (ms since the epoch); as a time where it is left out. */
  tell?: Tell | undefined;
}

type Tell = (at: number, now: number) => string;

const HEIGHT = 190;
const BASE = 122;
/** Interruptions whose words would lie over one another lie in lanes of this height. */
const LANE = 28;
/** As wide as a letter of their words is at most on average. */
const LETTER = 6.8;
const TOP = 30;
/** Below this width the stages are a list. */
const NARROW = 860;

/** The life of an experiment: done solid, now filling, planned dashed, "if an arm wins" dotted. */
export function Ramp(props: Props) {
  const stages = props.stages.filter(({ status }) => status !== 'skipped');
  return props.width < NARROW ? (
    <RampList {...props} stages={stages} />
  ) : (
    <RampWide {...props} stages={stages} />
  );
}

interface Placed {
  stage: Stage;
  x0: number;
  x1: number;
}

function place(stages: readonly Stage[], width: number): Placed[] {
  const weight = ({ kind }: Stage): number => (kind === 'run' ? 1.7 : kind === 'watch' ? 1.2 : 1);
  const unit = width / stages.reduce((sum, stage) => sum + weight(stage), 0);
  let x = 0;
  return stages.map((stage) => {
    const x0 = x;
    x += weight(stage) * unit;
    return { stage, x0, x1: x };
  });
}

function RampWide({ stages, interruptions, now, width, tell = shortTime }: Props) {
  const hatch = useId();
  const placed = place(stages, width);
  const strips = stripsOf(placed, interruptions, now, width);
  const height = HEIGHT + LANE * Math.max(0, ...strips.map(({ lane }) => lane));
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={described(stages, now, tell)}
    >
      <defs>
        <Hatch id={hatch} colour="var(--hold)" gap={5} width={0.6} />
      </defs>
      {groupsOf(placed).map(({ text, note, x0, x1 }) => (
        <g key={text}>
          <path d={`M${x0 + 1} 20H${x1 - 9}`} stroke="var(--line)" />
          <text x={x0 + 1} y={13} className="m">
            <tspan className="strong">{text}</tspan>{' '}
            {(text.length + note.length + 1) * LETTER <= x1 - x0 && note}
          </text>
        </g>
      ))}
      <line x1={0} x2={width} y1={BASE + 0.5} y2={BASE + 0.5} stroke="var(--edge)" />
      {placed.map((one) => (
        <Column key={`${one.stage.kind} ${one.stage.step}`} {...one} now={now} tell={tell} />
      ))}
      {strips.map(({ x, textX, lane, width: long, text, key }) => (
        <g key={key} transform={`translate(0 ${lane * LANE})`}>
          <rect
            x={x}
            y={BASE + 43}
            width={long}
            height={6}
            rx={1}
            fill={`url(#${hatch})`}
            stroke="var(--hold)"
            strokeWidth={0.75}
          />
          <text x={textX} y={BASE + 64} className="hold">
            {text}
          </text>
        </g>
      ))}
    </svg>
  );
}

function Column({ stage, x0, x1, now, tell }: Placed & { now: number; tell: Tell }) {
  const { coverage, status, kind } = stage;
  const wide = x1 - x0 - 8;
  const tall = Math.max(5, (Math.sqrt(coverage) / 10) * (BASE - TOP - 22));
  const y = BASE - tall;
  const isPast = status === 'done' || status === 'now';
  return (
    <g>
      {status === 'done' && <rect x={x0} y={y} width={wide} height={tall} rx={2} fill="var(--edge)" />}
      {status === 'now' && (
        <>
          <rect
            x={x0 + 1}
            y={y}
            width={wide * progressOf(stage, now)}
            height={tall}
            fill="var(--info)"
            opacity={0.28}
          />
          <rect
            x={x0 + 1}
            y={y}
            width={wide - 2}
            height={tall}
            rx={2}
            fill="none"
            stroke="var(--info)"
            strokeWidth={2}
          />
        </>
      )}
      {!isPast && (
        <rect
          x={x0 + 0.5}
          y={y + 0.5}
          width={wide - 1}
          height={tall}
          rx={2}
          fill="none"
          stroke="var(--axis)"
          strokeDasharray={status === 'if_won' ? '1 4' : '5 4'}
          strokeLinecap="round"
        />
      )}
      <text x={x0} y={y - 6} className={isPast ? 'b' : 'm'}>
        {percent(coverage)}
      </text>
      <text x={x0} y={BASE + 18} className={status === 'now' ? 'b' : 'm'}>
        {whenOf(stage, now, tell)}
      </text>
      <text x={x0} y={BASE + 34} className="m">
        {howOf(stage, now)}
      </text>
      {kind === 'run' && stage.until !== null && (
        <>
          <line x1={x1 - 4} x2={x1 - 4} y1={26} y2={BASE + 8} stroke="var(--text)" strokeWidth={1.5} />
          <text x={x1 - 9} y={38} textAnchor="end" className="b">
            {status === 'done' ? 'ended' : 'ends'} {tell(Date.parse(stage.until), now)}
          </text>
        </>
      )}
    </g>
  );
}

function RampList({ stages, interruptions, now, tell = shortTime }: Props) {
  const placed = place(stages, 1);
  const groups = groupsOf(placed);
  return (
    <ol className="vramp">
      {placed.map(({ stage, x0 }) => {
        const group = groups.find((one) => one.x0 === x0);
        return [
          group && (
            <li key={`group ${group.text}`} className="strip-row small muted">
              <span>
                <b className="ink">{group.text}</b> {group.note}
              </span>
            </li>
          ),
          <ListedStage key={`${stage.kind} ${stage.step}`} stage={stage} now={now} tell={tell} />,
        ];
      })}
      {interruptions.map(({ code, from, until, reason }) => (
        <li key={`${code} ${from}`} className="strip-row small is-hold">
          <span>
            {nameOf(code)} {periodOf(from, until, now, tell)}
            {reason !== null && `: ${reason}`}
          </span>
        </li>
      ))}
    </ol>
  );
}

function ListedStage({ stage, now, tell }: { stage: Stage; now: number; tell: Tell }) {
  const { coverage, status } = stage;
  const filled = `linear-gradient(90deg, color-mix(in srgb, var(--info) 28%, transparent) ${progressOf(stage, now) * 100}%, transparent 0)`;
  const style =
    status === 'done'
      ? { background: 'var(--edge)' }
      : status === 'now'
        ? { boxShadow: 'inset 0 0 0 2px var(--info)', background: filled }
        : { border: `1px ${status === 'if_won' ? 'dotted' : 'dashed'} var(--axis)` };
  return (
    <li>
      <b className={status === 'done' || status === 'now' ? '' : 'muted'}>{percent(coverage)}</b>
      <span className="bar" style={{ width: `${Math.max(4, Math.sqrt(coverage) * 10)}%`, ...style }} />
      <span className="small">
        {[whenOf(stage, now, tell), howOf(stage, now)].filter((text) => text !== '').join(' · ')}
      </span>
    </li>
  );
}

/** How much of its time a stage has had, 0 to 1. */
function progressOf({ from, until }: Stage, now: number): number {
  if (from === null || until === null) return 0;
  const [begin, end] = [Date.parse(from), Date.parse(until)];
  return end <= begin ? 1 : Math.max(0, Math.min(1, (now - begin) / (end - begin)));
}

function whenOf({ status, from, kind }: Stage, now: number, tell: Tell): string {
  if (status === 'now') return 'now';
  if (from !== null) return tell(Date.parse(from), now);
  if (status === 'planned') return 'later';
  return kind === 'watch' ? 'at the end' : 'at the win';
}

function howOf(stage: Stage, now: number): string {
  const { status, from, until, gates, kind } = stage;
  const dwell = gates.find((gate) => gate.code === 'dwell');
  if (status === 'done' && from !== null && until !== null)
    return `${duration(Date.parse(until) - Date.parse(from))} ✓`;
  if (status === 'now' && from !== null && dwell?.code === 'dwell')
    return `${duration(now - Date.parse(from))} of ${duration(dwell.ms)}`;
  const more = gates.flatMap((gate) => {
    if (gate.code === 'units') return [`${gate.units} units`];
    if (gate.code === 'approval') return ['a yes'];
    return gate.code === 'harm_excluded' ? ['no harm'] : [];
  });
  const time = dwell?.code === 'dwell' && kind !== 'run' ? [duration(dwell.ms)] : [];
  return [...time, ...more].join(', ');
}

interface Group {
  text: string;
  note: string;
  x0: number;
  x1: number;
}

/** Runs of stages with a head of their own. */
function groupsOf(placed: readonly Placed[]): Group[] {
  const groups: Group[] = [];
  for (const { stage, x0, x1 } of placed) {
    const { text, note } = headOf(stage);
    const last = groups.at(-1);
    if (last?.text === text) last.x1 = x1;
    else groups.push({ text, note, x0, x1 });
  }
  return groups;
}

function headOf({ kind, status }: Stage): { text: string; note: string } {
  if (kind === 'ramp') {
    return status === 'planned' ? { text: 'Planned', note: 'earliest times' } : { text: 'Ramp', note: '' };
  }
  if (kind === 'run') return { text: 'Run', note: '' };
  if (kind === 'watch') return { text: 'Watch', note: '' };
  return status === 'if_won' ? { text: 'If an arm wins', note: 'roll-out' } : { text: 'Roll-out', note: '' };
}

/** Interruptions that are shown as strips: the newest. */
const MOST_STRIPS = 3;

/** Where the interruptions lie under the columns, each in a lane where its words have room. */
function stripsOf(
  placed: readonly Placed[],
  interruptions: readonly Interruption[],
  now: number,
  width: number,
) {
  const strips = interruptions.slice(-MOST_STRIPS).flatMap(({ code, from, until }) => {
    const [begin, end] = [Date.parse(from), until === null ? now : Date.parse(until)];
    const [x, last] = [placeOf(placed, begin, now), placeOf(placed, end, now)];
    if (x === null) return [];
    const long = Math.max(8, (last ?? x) - x);
    const text = `${nameOf(code)} ${duration(end - begin)}`;
    const textX = Math.max(0, Math.min(x, width - text.length * LETTER));
    return [{ key: `${code} ${from}`, x, textX, width: long, text }];
  });
  const lanes = lanesOf(
    strips.map(({ x, textX, width: long, text }) => ({
      x: textX,
      width: Math.max(x + long, textX + text.length * LETTER) - textX,
    })),
  );
  return strips.map((strip, index) => ({ ...strip, lane: lanes[index]! }));
}

/** Where a moment lies under the columns, px: in its stage, else at the end of the last one before it. */
function placeOf(placed: readonly Placed[], moment: number, now: number): number | null {
  let x: number | null = null;
  for (const { stage, x0, x1 } of placed) {
    const [first, last] = timesOf(stage, now);
    if (first === null || last === null || first > moment) continue;
    x = x0 + (x1 - x0 - 8) * Math.min(1, (moment - first) / Math.max(1, last - first));
  }
  return x;
}

/** When a stage began and ended, ms; the present one lasts at least until now. */
function timesOf({ from, until, status }: Stage, now: number): [from: number | null, until: number | null] {
  const end = until === null ? (status === 'now' ? now : null) : Date.parse(until);
  return [from === null ? null : Date.parse(from), end];
}

function nameOf(code: string): string {
  if (code === 'paused') return 'paused';
  if (code === 'freeze_window') return 'frozen';
  return `held, ${HOLDS[code as HoldCode]?.text ?? code},`;
}

function periodOf(from: string, until: string | null, now: number, tell: Tell): string {
  const begin = tell(Date.parse(from), now);
  return until === null
    ? `since ${begin}`
    : `${begin}, for ${duration(Date.parse(until) - Date.parse(from))}`;
}

/** The picture in words. */
function described(stages: readonly Stage[], now: number, tell: Tell): string {
  const words = {
    done: 'done',
    now: 'now',
    planned: 'planned',
    if_won: 'if an arm wins',
    skipped: 'skipped',
  };
  return stages
    .map((stage) => `${percent(stage.coverage)} ${words[stage.status]} (${whenOf(stage, now, tell)})`)
    .join(', ');
}

/** The stages as a table. */
export function RampTable({ stages, now, tell = shortTime }: Pick<Props, 'stages' | 'now' | 'tell'>) {
  return (
    <table className="t">
      <thead>
        <tr>
          <th>Stage</th>
          <th className="num">Share</th>
          <th>Status</th>
          <th>From</th>
          <th>Until</th>
        </tr>
      </thead>
      <tbody>
        {stages.map((stage) => (
          <tr key={`${stage.kind} ${stage.step}`}>
            <td>{headOf({ ...stage, status: 'done' }).text}</td>
            <td className="num">{percent(stage.coverage)}</td>
            <td>{stage.status.replace('_', ' ')}</td>
            <td>{stage.from === null ? '–' : tell(Date.parse(stage.from), now)}</td>
            <td>{stage.until === null ? '–' : tell(Date.parse(stage.until), now)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
