import { scaleLinear } from 'd3-scale';

interface Props {
  points: readonly { value: number | null; expected: number | null; state: string }[];
  label: string;
  width?: number;
  height?: number;
}

/** A series against what is usual: the line is what was, the dashes what was expected, the dots what was unusual. */
export function WatchSpark({ points, label, width = 160, height = 32 }: Props) {
  const values = points.flatMap(({ value, expected }) => [value, expected].filter((one) => one !== null));
  const x = scaleLinear()
    .domain([0, Math.max(1, points.length - 1)])
    .range([3, width - 3]);
  const [low, high] = [Math.min(...values, 0), Math.max(...values, 0)];
  const y = scaleLinear()
    .domain([low, high > low ? high : low + 1])
    .range([height - 3, 3]);
  const line = (of: (point: Props['points'][number]) => number | null): string =>
    points
      .flatMap((point, index) => {
        const value = of(point);
        if (value === null) return [];
        const before = index > 0 ? of(points[index - 1]!) : null;
        return [`${before === null ? 'M' : 'L'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`];
      })
      .join('');
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <title>{label}</title>
      <path
        d={line(({ expected }) => expected)}
        fill="none"
        stroke="var(--muted)"
        strokeWidth={1}
        strokeDasharray="3 3"
      />
      <path
        d={line(({ value }) => value)}
        fill="none"
        stroke="var(--control)"
        strokeWidth={1.5}
        strokeLinejoin="round"
      />
      {points.map(({ value, state }, index) =>
        value !== null && (state === 'alarm' || state === 'unusual') ? (
          <circle key={index} cx={x(index)} cy={y(value)} r={2.2} fill="var(--hold)" />
        ) : null,
      )}
    </svg>
  );
}
