import { scaleLinear } from 'd3-scale';
import { useId } from 'react';
import { Hatch } from './hatch.js';

interface Props {
  label: string;
  lift: number | null;
  /** Null where there is no limit yet. */
  lower: number | null;
  upper: number | null;
  colour: string;
  /** Solid where a row of the table has decided; hatched and hollow where none has. */
  decided: boolean;
  width?: number;
}

/** The frame is the same in every row, so that rows can be compared: this much, up and down. */
export const FRAME = 0.1;
const HEIGHT = 20;
const MIDDLE = HEIGHT / 2;

/** An interval of one row, around zero: open arrows where there is no limit, triangles where it goes beyond the frame. */
export function MiniInterval({ label, lift, lower, upper, colour, decided, width = 88 }: Props) {
  const hatch = useId();
  const x = scaleLinear()
    .domain([-FRAME, FRAME])
    .range([5, width - 5])
    .clamp(true);
  const [from, to] = [x(lower ?? -FRAME), x(upper ?? FRAME)];
  const isOpen = lower === null && upper === null;
  return (
    <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={label}>
      <title>{label}</title>
      <line x1={x(0)} x2={x(0)} y1={1} y2={HEIGHT - 1} stroke="var(--text)" />
      {decided ? (
        <line x1={from} x2={to} y1={MIDDLE} y2={MIDDLE} stroke={colour} strokeWidth={7} opacity={0.4} />
      ) : (
        <>
          <defs>
            <Hatch id={hatch} colour={colour} gap={4} width={0.5} opacity={0.8} />
          </defs>
          <rect
            x={from}
            y={MIDDLE - 4}
            width={Math.max(1, to - from)}
            height={8}
            fill={`url(#${hatch})`}
            stroke={isOpen ? 'none' : colour}
            strokeWidth={0.75}
          />
        </>
      )}
      <End at={from} side={-1} limit={lower} colour={colour} />
      <End at={to} side={1} limit={upper} colour={colour} />
      {lift !== null && (
        <rect
          x={x(lift) - 2.5}
          y={MIDDLE - 2.5}
          width={5}
          height={5}
          fill={decided ? colour : 'var(--surface)'}
          stroke={colour}
          strokeWidth={1.5}
        />
      )}
    </svg>
  );
}

interface EndProps {
  at: number;
  side: -1 | 1;
  limit: number | null;
  colour: string;
}

function End({ at, side, limit, colour }: EndProps) {
  if (limit === null) {
    return (
      <path
        d={`M${at - 3 * side} ${MIDDLE - 5}l${6 * side} 5 ${-6 * side} 5`}
        fill="none"
        stroke={colour}
        strokeWidth={1.5}
      />
    );
  }
  if (side * limit <= FRAME) return null;
  return <path d={`M${at} ${MIDDLE - 4}v8l${4 * side}-4z`} fill={colour} />;
}
