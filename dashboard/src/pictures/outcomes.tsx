import { useId } from 'react';
import { Hatch } from './hatch.js';
import { useWidth } from './use-width.js';

/** How a life can end, in the order in which squares are filled. */
export type OutcomeMark = 'shipped' | 'rolled_back' | 'no_effect' | 'inconclusive';
const MARKS = ['shipped', 'rolled_back', 'no_effect', 'inconclusive'] as const;

interface Props {
  /** The finding, for readers of screens. */
  label: string;
  /** Of 100 squares; those that are left are still to come. */
  squares: Record<OutcomeMark, number>;
}

const [COLUMNS, ROWS, GAP, LARGEST] = [25, 4, 2, 13];

/** A hundred squares: filled ships, a triangle goes back, hollow has no effect, hatched could not be decided. */
export function Outcomes({ label, squares }: Props) {
  const [element, width] = useWidth<HTMLDivElement>();
  const hatch = useId();
  const size = Math.min(LARGEST, Math.floor(((width - (COLUMNS - 1) * GAP) / COLUMNS) * 2) / 2);
  const ends: (OutcomeMark | null)[] = MARKS.flatMap((mark) => Array<OutcomeMark>(squares[mark]).fill(mark));
  while (ends.length < COLUMNS * ROWS) ends.push(null);
  return (
    <div ref={element} className="plot">
      {width > 0 && (
        <svg width={width} height={ROWS * (size + GAP)} role="img" aria-label={label}>
          <defs>
            <Hatch id={hatch} colour="var(--axis)" gap={4} width={0.5} />
          </defs>
          {ends.map((end, index) => (
            <Square
              key={index}
              mark={end}
              x={Math.floor(index / ROWS) * (size + GAP)}
              y={(index % ROWS) * (size + GAP)}
              size={size}
              hatch={hatch}
            />
          ))}
        </svg>
      )}
    </div>
  );
}

interface SquareProps {
  mark: OutcomeMark | null;
  x: number;
  y: number;
  size: number;
  hatch: string;
}

function Square({ mark, x, y, size, hatch }: SquareProps) {
  const frame = { x: x + 0.5, y: y + 0.5, width: size - 1, height: size - 1, rx: 1 };
  switch (mark) {
    case 'shipped':
      return <rect x={x} y={y} width={size} height={size} rx={1} fill="var(--control)" />;
    case 'rolled_back':
      return <path d={`M${x + size} ${y}v${size}L${x} ${y + size / 2}z`} fill="var(--control)" />;
    case 'no_effect':
      return <rect {...frame} fill="none" stroke="var(--axis)" />;
    case 'inconclusive':
      return <rect {...frame} fill={`url(#${hatch})`} stroke="var(--axis)" strokeWidth={0.75} />;
    case null:
      return <rect {...frame} fill="none" stroke="var(--line)" />;
  }
}

/** One square, beside its word. */
export function OutcomeKey({ mark }: { mark: OutcomeMark }) {
  const hatch = useId();
  return (
    <svg width={10} height={10} aria-hidden="true">
      <defs>
        <Hatch id={hatch} colour="var(--axis)" gap={4} width={0.5} />
      </defs>
      <Square mark={mark} x={0} y={0} size={10} hatch={hatch} />
    </svg>
  );
}
