import { scaleLinear } from 'd3-scale';
import { useId } from 'react';
import { count } from '../words/format.js';
import { Hatch } from './hatch.js';

/** A run of slots of one owner. */
export interface SlotPart {
  name: string;
  /** The first slot, and the one after the last. */
  from: number;
  to: number;
  is: 'lease' | 'free';
  /** How many of them have units of the experiment now; null where that is not known. */
  enrolled: number | null;
  note: string;
}

interface Props {
  parts: readonly SlotPart[];
  width: number;
  label: string;
}

const SLOTS = 10_000;
const TICKS = [0, 2_500, 5_000, 7_500, SLOTS];
const HEIGHT = 116;
const TOP = 22;
const TALL = 40;
/** About the width of a character, px. */
const CHARACTER = 7;

/** The slots of a layer as a strip: enrolled solid, leased hatched, free dashed. */
export function Slots({ parts, width, label }: Props) {
  const hatch = useId();
  const x = scaleLinear([0, SLOTS], [0, width]);
  return (
    <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={label}>
      <defs>
        <Hatch id={hatch} colour="var(--axis)" gap={8} width={0.5} opacity={0.55} />
      </defs>
      {TICKS.filter((tick) => width > 480 || tick !== 2_500).map((tick) => (
        <g key={tick}>
          <text x={x(tick)} y={12} className="m" textAnchor={anchorOf(tick)}>
            {count(tick)}
          </text>
          <line x1={x(tick)} x2={x(tick)} y1={16} y2={TOP} stroke="var(--axis)" />
        </g>
      ))}
      {parts.map((part) => (
        <Part
          key={part.from}
          part={part}
          left={x(part.from) + (part.from > 0 ? 1 : 0)}
          wide={Math.max(2, x(part.to) - x(part.from) - 2)}
          hatch={`url(#${hatch})`}
        />
      ))}
    </svg>
  );
}

function anchorOf(tick: number): 'start' | 'middle' | 'end' {
  if (tick === 0) return 'start';
  return tick === SLOTS ? 'end' : 'middle';
}

function Part({ part, left, wide, hatch }: { part: SlotPart; left: number; wide: number; hatch: string }) {
  const { name, from, to, is, enrolled, note } = part;
  const box = { x: left + 0.5, y: TOP + 0.5, width: Math.max(1, wide - 1), height: TALL - 1 };
  const filled = (wide * (enrolled ?? 0)) / (to - from);
  const amount = amountOf(part);
  return (
    <g>
      <title>{[name, `${count(from)} to ${count(to - 1)}`, amount, note].filter(Boolean).join(', ')}</title>
      {is === 'free' ? (
        <rect {...box} fill="none" stroke="var(--axis)" strokeDasharray="4 4" />
      ) : (
        <>
          <rect {...box} fill="var(--sunken)" stroke="var(--axis)" />
          <rect {...box} fill={hatch} />
          {filled > 0 && <rect {...box} width={Math.max(1, filled - 1)} fill="var(--control)" />}
        </>
      )}
      {wide > 72 &&
        [name, amount, note].map((text, line) => (
          <text
            key={line}
            x={left}
            y={TOP + TALL + 17 + line * 16}
            className={line === 0 && is === 'lease' ? 'b' : 'm'}
          >
            {fitting(text, wide)}
          </text>
        ))}
    </g>
  );
}

/** `2,000, 200 enrolled` */
function amountOf({ from, to, is, enrolled }: SlotPart): string {
  if (is === 'free' || enrolled === null) return count(to - from);
  if (enrolled >= to - from) return `${count(to - from)}, all of them`;
  return `${count(to - from)}, ${count(enrolled)} enrolled`;
}

function fitting(text: string, wide: number): string {
  const most = Math.floor((wide - 8) / CHARACTER);
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;
}

/** The same as a table. */
export function SlotsTable({ parts }: Pick<Props, 'parts'>) {
  return (
    <table className="t">
      <thead>
        <tr>
          <th scope="col">Who</th>
          <th scope="col" className="num">
            From
          </th>
          <th scope="col" className="num">
            To
          </th>
          <th scope="col" className="num">
            Slots
          </th>
          <th scope="col" className="num">
            Enrolled
          </th>
          <th scope="col">Note</th>
        </tr>
      </thead>
      <tbody>
        {parts.map(({ name, from, to, is, enrolled, note }) => (
          <tr key={from}>
            <td>{name}</td>
            <td className="num">{count(from)}</td>
            <td className="num">{count(to - 1)}</td>
            <td className="num">{count(to - from)}</td>
            <td className="num">{is === 'free' || enrolled === null ? '–' : count(enrolled)}</td>
            <td>{note}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
