interface Props {
  label: string;
  bins: readonly { count: number; text: string; outlined: boolean }[];
  /** What the numbers below are. */
  axis: string;
  /** At the other end: the median, in words. */
  note: string;
  width: number;
}

const [HEIGHT, TOP, BOTTOM] = [112, 18, 34];
/** A single column is no wall. */
const WIDEST = 72;

/** How often each was: numbers above the columns, values below. Outlined columns are of another kind. */
export function Histogram({ label, bins, axis, note, width }: Props) {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const column = width / bins.length;
  const wide = Math.min(WIDEST, column - 2);
  const base = HEIGHT - BOTTOM;
  return (
    <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={label}>
      <line x1={0} x2={width} y1={base + 0.5} y2={base + 0.5} stroke="var(--axis)" />
      {bins.map(({ count, text, outlined }, index) => {
        const height = (count / most) * (base - TOP);
        const middle = (index + 0.5) * column;
        return (
          <g key={text}>
            {count > 0 && (
              <>
                <rect
                  x={middle - wide / 2}
                  y={base - height}
                  width={wide}
                  height={height}
                  fill={outlined ? 'none' : 'var(--control)'}
                  stroke={outlined ? 'var(--control)' : 'none'}
                />
                <text x={middle} y={base - height - 4} textAnchor="middle" className="m">
                  {count}
                </text>
              </>
            )}
            <text x={middle} y={base + 15} textAnchor="middle" className="m">
              {text}
            </text>
          </g>
        );
      })}
      <text x={0} y={HEIGHT - 3} className="m">
        {axis}
      </text>
      <text x={width} y={HEIGHT - 3} textAnchor="end" className="b">
        {note}
      </text>
    </svg>
  );
}
