import { scaleLinear } from 'd3-scale';
import { useId } from 'react';
import { armColour, armGlyph } from '../ui/arm.js';
import { Hatch } from './hatch.js';

/** One metric of one treatment. Limits are null where there are none. */
export interface ForestRow {
  metric_id: string;
  /** What the row is called where it is not its metric that tells it from others. */
  label?: string;
  variant: string;
  arm: number;
  value: number | null;
  /** What holds at every look. */
  sequence: { lower: number | null; upper: number | null };
  /** What holds once, at the end. */
  fixed: { lower: number | null; upper: number | null } | null;
  /** Beyond it, harm is too large. */
  margin: number | null;
  /** Which way is better. */
  direction: 'increase' | 'decrease';
  /** A row of the table decided it. */
  decided: boolean;
  /** Why there is nothing to show. */
  unmeasured: string | null;
  /** In words at the end of the row. */
  verdict: string;
  tone: 'good' | 'harm' | 'plain';
}

export interface ForestGroup {
  title: string;
  columns: string;
  rows: readonly ForestRow[];
}

interface Props {
  groups: readonly ForestGroup[];
  width: number;
  mde: number | null;
  format: (value: number | null) => string;
  label: string;
  /** The row that other pictures show. */
  chosen?: { metric_id: string; variant: string } | null;
  onChoose?: (row: ForestRow) => void;
}

const GROUP = 30;
const AXIS = 34;

/** Every metric and treatment on one scale: a square for the estimate, thick what holds at every look, thin at the end. */
export function Forest({ groups, width, mde, format, label, chosen = null, onChoose }: Props) {
  const hatch = useId();
  const isNarrow = width < 700;
  const rowHeight = isNarrow ? 44 : 26;
  const left = isNarrow ? 4 : 258;
  const right = width - (isNarrow ? 4 : 316);
  const extent = extentOf(groups, mde);
  const x = scaleLinear([-extent, extent], [left, right]);
  const height = groups.reduce((sum, { rows }) => sum + GROUP + rows.length * rowHeight, 0) + AXIS;
  const bottom = height - 26;
  let top = 0;
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <defs>
        <Hatch id={hatch} colour="var(--axis)" width={0.5} opacity={0.7} />
      </defs>
      {mde !== null && (
        <rect
          x={x(-mde)}
          y={2}
          width={Math.max(1, x(mde) - x(-mde))}
          height={bottom - 2}
          fill={`url(#${hatch})`}
        />
      )}
      {x.ticks(isNarrow ? 3 : 5).map((tick) => (
        <g key={tick}>
          <line
            x1={x(tick)}
            x2={x(tick)}
            y1={0}
            y2={bottom}
            stroke={tick === 0 ? 'var(--text)' : 'var(--line)'}
            strokeWidth={tick === 0 ? 1.25 : 1}
          />
          <text x={x(tick)} y={height - 8} textAnchor="middle" className="m">
            {tick === 0 ? '0' : format(tick)}
          </text>
        </g>
      ))}
      {groups.map((group) => {
        const y = top;
        top += GROUP + group.rows.length * rowHeight;
        return (
          <g key={group.title}>
            <text x={0} y={y + 20} className="b">
              {group.title}
            </text>
            {!isNarrow && (
              <text x={right + 24} y={y + 20} className="m">
                {group.columns}
              </text>
            )}
            {group.rows.map((row, index) => (
              <Row
                key={`${nameOf(row)} ${row.variant}`}
                row={row}
                isFirst={nameOf(group.rows[index - 1]) !== nameOf(row)}
                isChosen={chosen?.metric_id === row.metric_id && chosen.variant === row.variant}
                y={y + GROUP + index * rowHeight}
                {...{ x, left, right, width, rowHeight, isNarrow, extent, format, onChoose }}
              />
            ))}
          </g>
        );
      })}
    </svg>
  );
}

function nameOf(row: ForestRow | undefined): string {
  return row?.label ?? row?.metric_id ?? '';
}

interface RowProps {
  row: ForestRow;
  isFirst: boolean;
  isChosen: boolean;
  y: number;
  x: (value: number) => number;
  left: number;
  right: number;
  width: number;
  rowHeight: number;
  isNarrow: boolean;
  extent: number;
  format: (value: number | null) => string;
  onChoose?: ((row: ForestRow) => void) | undefined;
}

function Row(props: RowProps) {
  const { row, isFirst, isChosen, y, right, width, rowHeight, isNarrow, format, onChoose } = props;
  const middle = y + (isNarrow ? 30 : rowHeight / 2);
  const words = isNarrow ? y + 14 : middle + 4;
  const armAt = isNarrow ? width * 0.5 : 150;
  const better = row.direction === 'increase' ? '↑' : '↓';
  const { lower, upper } = row.fixed ?? row.sequence;
  const interval = lower === null || upper === null ? 'no limit yet' : `${format(lower)} to ${format(upper)}`;
  return (
    <g onClick={onChoose && (() => onChoose(row))} className={onChoose ? 'row-of-forest' : undefined}>
      <rect
        x={0}
        y={y}
        width={width}
        height={rowHeight}
        rx={4}
        fill={isChosen ? 'var(--sunken)' : 'transparent'}
      />
      {isFirst && <line x1={0} x2={width} y1={y} y2={y} stroke="var(--line)" />}
      {isFirst && (
        <text x={0} y={words}>
          {shortened(nameOf(row))} <tspan className="m">{better}</tspan>
        </text>
      )}
      <path
        d={armGlyph(row.arm)}
        transform={`translate(${armAt},${(isNarrow ? y + 10 : middle) - 5})`}
        fill={armColour(row.arm)}
      />
      <text x={armAt + 16} y={words}>
        {shortened(row.variant, 14)}
      </text>
      {row.unmeasured === null ? (
        <Interval {...props} middle={middle} />
      ) : (
        <Unmeasured {...props} middle={middle} text={row.unmeasured} />
      )}
      {isNarrow ? (
        <text x={width} y={words} textAnchor="end" className="b">
          {row.unmeasured === null ? format(row.value) : ''}
        </text>
      ) : (
        <>
          {row.unmeasured === null && (
            <>
              <text x={right + 68} y={words} textAnchor="end" className="b">
                {format(row.value)}
              </text>
              <text x={right + 80} y={words} className="m">
                {interval}
              </text>
            </>
          )}
          <text
            x={width}
            y={words}
            textAnchor="end"
            className={row.tone === 'plain' ? 'm' : 'b'}
            style={row.tone === 'plain' ? undefined : { fill: `var(--${row.tone})` }}
          >
            {row.verdict}
          </text>
        </>
      )}
    </g>
  );
}

function Interval({ row, x, extent, left, right, middle }: RowProps & { middle: number }) {
  const colour = armColour(row.arm);
  const clip = (value: number): number => Math.max(-extent, Math.min(extent, value));
  const { lower, upper } = row.sequence;
  const [from, to] = [lower === null ? left : x(clip(lower)), upper === null ? right : x(clip(upper))];
  const opensLeft = lower === null || lower < -extent;
  const opensRight = upper === null || upper > extent;
  const margin = row.margin !== null && Math.abs(row.margin) <= extent ? x(row.margin) : null;
  const { fixed, value } = row;
  return (
    <>
      {margin !== null && (
        <line
          x1={margin}
          x2={margin}
          y1={middle - 10}
          y2={middle + 10}
          stroke="var(--text)"
          strokeWidth={1.5}
        />
      )}
      <line
        x1={from}
        x2={to}
        y1={middle}
        y2={middle}
        stroke={colour}
        strokeWidth={6}
        opacity={0.38}
        strokeDasharray={lower === null || upper === null ? '3 3' : undefined}
      />
      {opensLeft && (
        <path
          d={`M${from + 1} ${middle - 6}l-7 6 7 6z`}
          fill={lower === null ? 'none' : colour}
          stroke={colour}
        />
      )}
      {opensRight && (
        <path
          d={`M${to - 1} ${middle - 6}l7 6-7 6z`}
          fill={upper === null ? 'none' : colour}
          stroke={colour}
        />
      )}
      {fixed && fixed.lower !== null && fixed.upper !== null && (
        <>
          <line
            x1={x(clip(fixed.lower))}
            x2={x(clip(fixed.upper))}
            y1={middle}
            y2={middle}
            stroke={colour}
            strokeWidth={2}
          />
          {[fixed.lower, fixed.upper]
            .filter((limit) => Math.abs(limit) <= extent)
            .map((limit) => (
              <line
                key={limit}
                x1={x(limit)}
                x2={x(limit)}
                y1={middle - 4}
                y2={middle + 4}
                stroke={colour}
                strokeWidth={2}
              />
            ))}
        </>
      )}
      {value !== null && Math.abs(value) <= extent && (
        <rect
          x={x(value) - 4.5}
          y={middle - 4.5}
          width={9}
          height={9}
          fill={row.decided ? colour : 'var(--surface)'}
          stroke={colour}
          strokeWidth={1.75}
        />
      )}
    </>
  );
}

function Unmeasured({ left, right, middle, text }: RowProps & { middle: number; text: string }) {
  return (
    <>
      <rect
        x={left + 2}
        y={middle - 8}
        width={right - left - 4}
        height={16}
        rx={3}
        fill="var(--surface)"
        stroke="var(--axis)"
        strokeDasharray="4 3"
      />
      <text x={left + 10} y={middle + 4} className="m">
        {shortened(text, Math.floor((right - left) / 6.5))}
      </text>
    </>
  );
}

/** Wide enough for most intervals, and for twice the least effect: a single unbounded one does not flatten the rest. */
function extentOf(groups: readonly ForestGroup[], mde: number | null): number {
  const sizes = groups
    .flatMap(({ rows }) => rows)
    .filter(({ unmeasured }) => unmeasured === null)
    .flatMap(({ value, sequence: { lower, upper } }) =>
      [value, lower, upper].flatMap((one) => (one === null ? [] : [Math.abs(one)])),
    )
    .sort((a, b) => a - b);
  const typical = sizes[Math.floor(sizes.length * 0.75)] ?? 0;
  return Math.max(typical * 1.1, 2 * (mde ?? 0), 1e-9) || 1;
}

function shortened(text: string, most = 22): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
