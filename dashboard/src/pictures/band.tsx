import { scaleLinear, scaleTime } from 'd3-scale';
import { useId, useState, type KeyboardEvent } from 'react';
import { usePaper } from '../ui/paper.js';
import { armColour } from '../ui/arm.js';
import { count } from '../words/format.js';
import { shortTime } from '../words/times.js';
import { Hatch } from './hatch.js';

/** One look. Limits are null where the interval is unbounded. */
export interface BandLook {
  /** ms since the epoch */
  at: number;
  value: number | null;
  lower: number | null;
  upper: number | null;
  units: number;
}

interface Props {
  /** Said to readers of screens before the look that is chosen. */
  label: string;
  looks: readonly BandLook[];
  /** 0 is the control. */
  arm: number;
  width: number;
  height?: number;
  /** How a value is written, with its sign. */
  format: (value: number | null) => string;
  /** Lines across: the least effect that matters, both ways; a guardrail's margin. */
  mde?: number | null;
  margin?: number | null;
  /** Where enrolment stepped: `10 %`. */
  steps?: readonly { at: number; text: string }[];
  /** The planned end. */
  horizon?: number | null;
  now: number;
  /** The level at which every look holds, as text: `99 %`. */
  level: string;
}

const LEFT = 58;
const TOP = 24;
/** Of the share that is enrolled. */
const LABEL_WIDTH = 40;
const BOTTOM = 40;

/** The confidence sequence from look to look: in steps, never smoothed, open to the frame where there is no limit. */
export function Band(props: Props) {
  const {
    looks,
    width,
    height = 300,
    arm,
    format,
    mde = null,
    margin = null,
    steps = [],
    horizon = null,
    now,
  } = props;
  const hatches = { open: useId(), mde: useId() };
  const isPaper = usePaper() !== null;
  const [chosen, setChosen] = useState<number | null>(null);
  if (looks.length === 0) return <p className="muted">Nothing was measured yet.</p>;
  const right = width < 700 ? 12 : 24;
  const [first, last] = [looks[0]!.at, Math.max(looks.at(-1)!.at, horizon ?? 0)];
  const x = scaleTime([first, last > first ? last : first + 1], [LEFT, width - right]);
  const [low, high] = extentOf(looks, mde, margin);
  const y = scaleLinear([low, high], [height - BOTTOM, TOP]);
  const colour = armColour(arm);
  const frame = { top: TOP, bottom: height - BOTTOM, left: LEFT, right: width - right };
  const ends = looks.map((look, index) => x(looks[index + 1]?.at ?? look.at));
  const paths = pathsOf(looks, ends, x, y, [low, high], frame);
  const zero = y(0);

  function onKey(event: KeyboardEvent): void {
    const move = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const from = chosen ?? looks.length - 1;
    setChosen(Math.max(0, Math.min(looks.length - 1, from + move)));
  }

  const cursor = chosen === null ? null : looks[chosen]!;
  return (
    <>
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={isPaper ? props.label : `${props.label}. Arrow keys go from look to look.`}
        tabIndex={isPaper ? undefined : 0}
        onKeyDown={onKey}
        onPointerMove={(event) => {
          const at = x.invert(event.nativeEvent.offsetX).getTime();
          setChosen(nearest(looks, at));
        }}
        onPointerLeave={() => setChosen(null)}
        onBlur={() => setChosen(null)}
      >
        <defs>
          <Hatch id={hatches.open} colour={colour} gap={7} width={0.5} opacity={0.5} />
          <Hatch id={hatches.mde} colour="var(--text)" gap={5} width={0.5} opacity={0.5} />
        </defs>
        {steps.length > 0 && (
          <text x={LEFT - 8} y={TOP - 9} textAnchor="end" className="m">
            enrolled
          </text>
        )}
        {stepsWithin(steps, first).map((step, index, all) => (
          <g key={step.at}>
            <line x1={x(step.at)} x2={x(step.at)} y1={frame.top} y2={frame.bottom} stroke="var(--line)" />
            {/* Of steps that stand close together the last one is named. */}
            {(index === all.length - 1 || x(all[index + 1]!.at) - x(step.at) >= LABEL_WIDTH) && (
              <text x={x(step.at) + 4} y={TOP - 9} className="m">
                {step.text}
              </text>
            )}
          </g>
        ))}
        {y.ticks(6).map((tick) => (
          <g key={tick}>
            {tick !== 0 && (
              <line x1={frame.left} x2={frame.right} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
            )}
            <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end" className="m">
              {tick === 0 ? '0' : format(tick)}
            </text>
          </g>
        ))}
        <path d={paths.area} fill={colour} opacity={0.16} />
        {paths.open.map(([x0, x1]) => (
          <rect
            key={x0}
            x={x0}
            y={frame.top}
            width={Math.max(2, x1 - x0)}
            height={frame.bottom - frame.top}
            fill={`url(#${hatches.open})`}
          />
        ))}
        {mde !== null && (
          <rect
            x={frame.left}
            y={y(Math.min(high, mde))}
            width={frame.right - frame.left}
            height={Math.max(0, y(Math.max(low, -mde)) - y(Math.min(high, mde)))}
            fill={`url(#${hatches.mde})`}
          />
        )}
        {margin !== null && margin >= low && margin <= high && (
          <>
            <line
              x1={frame.left}
              x2={frame.right}
              y1={y(margin)}
              y2={y(margin)}
              stroke="var(--text)"
              strokeWidth={1.5}
            />
            <text x={frame.right} y={y(margin) - 5} textAnchor="end" className="m">
              too harmful {margin > 0 ? '↑' : '↓'}
            </text>
          </>
        )}
        <line x1={frame.left} x2={frame.right} y1={zero} y2={zero} stroke="var(--text)" strokeWidth={1.25} />
        <path d={paths.upper} fill="none" stroke={colour} strokeWidth={1.5} />
        <path d={paths.lower} fill="none" stroke={colour} strokeWidth={1.5} />
        {paths.clips.map(({ at, end, direction }) => (
          <path key={`${at} ${direction}`} d={`M${at - 3} ${end}h6l-3 ${direction * 5}z`} fill={colour} />
        ))}
        <path d={paths.estimate} fill="none" stroke={colour} strokeWidth={2} />
        {paths.open.length > 0 && (
          <text x={paths.open[0]![0] + 6} y={frame.bottom - 10}>
            no limit yet
          </text>
        )}
        <line
          x1={frame.left}
          x2={frame.right}
          y1={frame.bottom + 0.5}
          y2={frame.bottom + 0.5}
          stroke="var(--axis)"
        />
        <Axis looks={looks} x={x} y={frame.bottom} now={now} width={width} />
        {horizon !== null && (
          <>
            <line
              x1={x(horizon)}
              x2={x(horizon)}
              y1={TOP - 16}
              y2={frame.bottom}
              stroke="var(--text)"
              strokeWidth={1.5}
            />
            <text x={x(horizon) - 5} y={TOP - 7} textAnchor="end" className="b">
              {now < horizon ? 'ends' : 'horizon'} {shortTime(horizon, now)}
            </text>
          </>
        )}
        {cursor && (
          <Cursor look={cursor} x={x(cursor.at)} y={y} frame={frame} colour={colour} range={[low, high]} />
        )}
      </svg>
      <p className="band-said small" role={isPaper ? undefined : 'status'}>
        {cursor
          ? said(cursor, format, now)
          : `Band: the sequence, ${props.level} at every look. Line: the estimate.${isPaper ? '' : ' Point at it, or use the arrow keys.'}`}
      </p>
    </>
  );
}

/** The steps from the first look on; the one that it found stands at its time. */
function stepsWithin(steps: NonNullable<Props['steps']>, first: number): NonNullable<Props['steps']> {
  const before = steps.findLast(({ at }) => at < first);
  return [...(before ? [{ ...before, at: first }] : []), ...steps.filter(({ at }) => at >= first)];
}

interface Frame {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

type Scale = (value: number) => number;

function Cursor({
  look,
  x,
  y,
  frame,
  colour,
  range,
}: {
  look: BandLook;
  x: number;
  y: Scale;
  frame: Frame;
  colour: string;
  range: [number, number];
}) {
  const within = (value: number | null): value is number =>
    value !== null && value >= range[0] && value <= range[1];
  return (
    <g pointerEvents="none">
      <line x1={x} x2={x} y1={frame.top} y2={frame.bottom} stroke="var(--text)" strokeDasharray="3 3" />
      {[look.lower, look.upper].filter(within).map((limit) => (
        <line
          key={limit}
          x1={x - 5}
          x2={x + 5}
          y1={y(limit)}
          y2={y(limit)}
          stroke={colour}
          strokeWidth={2.5}
        />
      ))}
      {within(look.value) && (
        <circle cx={x} cy={y(look.value)} r={4.5} fill="var(--surface)" stroke={colour} strokeWidth={2} />
      )}
    </g>
  );
}

function Axis({
  looks,
  x,
  y,
  now,
  width,
}: {
  looks: readonly BandLook[];
  x: ReturnType<typeof scaleTime>;
  y: number;
  now: number;
  width: number;
}) {
  const ticks = x.ticks(width < 700 ? 3 : 6);
  return ticks.map((tick) => {
    const at = tick.getTime();
    const place = (x as unknown as Scale)(at);
    const look = looks[nearest(looks, at)]!;
    return (
      <g key={at}>
        <line x1={place} x2={place} y1={y} y2={y + 4} stroke="var(--axis)" />
        <text x={place} y={y + 19} textAnchor="middle" className="m">
          {shortTime(at, now)}
        </text>
        <text x={place} y={y + 34} textAnchor="middle" className="m">
          {look.at <= at || look === looks[0] ? `${count(look.units)} units` : ''}
        </text>
      </g>
    );
  });
}

/** The values to show: of the bounded limits, at least twice the least effect, so that early limits do not flatten the rest. */
function extentOf(looks: readonly BandLook[], mde: number | null, margin: number | null): [number, number] {
  const bounded = looks
    .flatMap(({ lower, upper }) =>
      lower === null || upper === null ? [] : [Math.abs(lower), Math.abs(upper)],
    )
    .sort((a, b) => a - b);
  const typical = bounded[Math.floor(bounded.length * 0.7)] ?? 0;
  const estimates = looks
    .flatMap(({ value }) => (value === null ? [] : [Math.abs(value)]))
    .sort((a, b) => a - b);
  const latest = Math.abs(looks.at(-1)?.value ?? 0);
  const reach = Math.max(
    typical,
    latest * 1.3,
    (estimates[Math.floor(estimates.length * 0.8)] ?? 0) * 1.2,
    2 * (mde ?? 0),
    1.3 * Math.abs(margin ?? 0),
  );
  return reach > 0 ? [-reach, reach] : [-1, 1];
}

interface Paths {
  area: string;
  upper: string;
  lower: string;
  estimate: string;
  open: [number, number][];
  clips: { at: number; end: number; direction: 1 | -1 }[];
}

function pathsOf(
  looks: readonly BandLook[],
  ends: readonly number[],
  x: Scale | ReturnType<typeof scaleTime>,
  y: Scale,
  [low, high]: [number, number],
  frame: Frame,
): Paths {
  const place = x as Scale;
  const clip = (value: number): number => Math.max(low, Math.min(high, value));
  const paths: Paths = { area: '', upper: '', lower: '', estimate: '', open: [], clips: [] };
  for (const [index, { at, value, lower, upper }] of looks.entries()) {
    const [x0, x1] = [place(at), ends[index]!];
    const top = upper === null ? frame.top : y(clip(upper));
    const bottom = lower === null ? frame.bottom : y(clip(lower));
    paths.area += `M${x0} ${top}H${x1}V${bottom}H${x0}Z`;
    if (upper === null && lower === null) {
      const last = paths.open.at(-1);
      if (last?.[1] === x0) last[1] = x1;
      else paths.open.push([x0, x1]);
    }
    paths.upper += edge(upper, high, x0, x1, top, paths.upper);
    paths.lower += edge(lower, low, x0, x1, bottom, paths.lower);
    if (upper !== null && upper > high)
      paths.clips.push({ at: (x0 + x1) / 2, end: frame.top, direction: -1 });
    if (lower !== null && lower < low)
      paths.clips.push({ at: (x0 + x1) / 2, end: frame.bottom, direction: 1 });
    if (value !== null && value >= low && value <= high)
      paths.estimate += `${paths.estimate === '' ? 'M' : 'L'}${x0} ${y(value)}H${x1}`;
  }
  return paths;
}

/** One step of a limit; nothing where there is none, or it lies beyond the frame. */
function edge(
  limit: number | null,
  bound: number,
  x0: number,
  x1: number,
  at: number,
  before: string,
): string {
  const isBeyond = limit !== null && Math.abs(limit) > Math.abs(bound);
  if (limit === null || isBeyond) return `M${x1} ${at}`;
  return `${before === '' ? 'M' : 'L'}${x0} ${at}H${x1}`;
}

function nearest(looks: readonly BandLook[], at: number): number {
  let best = 0;
  for (const [index, look] of looks.entries())
    if (Math.abs(look.at - at) < Math.abs(looks[best]!.at - at)) best = index;
  return best;
}

function said(
  { at, value, lower, upper, units }: BandLook,
  format: (value: number | null) => string,
  now: number,
): string {
  const limits = lower === null || upper === null ? 'no limit yet' : `${format(lower)} to ${format(upper)}`;
  return `${shortTime(at, now)}: ${format(value)}, ${limits}; ${count(units)} units`;
}

/** The looks as a table. */
export function BandTable({ looks, format, now }: Pick<Props, 'looks' | 'format' | 'now'>) {
  return (
    <table className="t">
      <thead>
        <tr>
          <th>Look</th>
          <th className="num">Units</th>
          <th className="num">Estimate</th>
          <th className="num">Lower limit</th>
          <th className="num">Upper limit</th>
        </tr>
      </thead>
      <tbody>
        {looks.map((look) => (
          <tr key={look.at}>
            <td>{shortTime(look.at, now)}</td>
            <td className="num">{count(look.units)}</td>
            <td className="num">{format(look.value)}</td>
            <td className="num">{look.lower === null ? 'none' : format(look.lower)}</td>
            <td className="num">{look.upper === null ? 'none' : format(look.upper)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
