import { scaleLinear } from 'd3-scale';

interface Props {
  points: readonly { at: string; units: number }[];
  label: string;
  width?: number;
  height?: number;
}

/** How a number grew, without axes: its last value stands beside it in words. */
export function Spark({ points, label, width = 38, height = 20 }: Props) {
  const times = points.map(({ at }) => Date.parse(at));
  const first = times[0] ?? 0;
  const x = scaleLinear()
    .domain([first, Math.max(times.at(-1) ?? 0, first + 1)])
    .range([1, width - 3]);
  const y = scaleLinear()
    .domain([0, Math.max(1, ...points.map(({ units }) => units))])
    .range([height - 2, 2]);
  const end = points.at(-1);
  const path = points
    .map(
      ({ units }, index) => `${index === 0 ? 'M' : 'L'}${x(times[index]!).toFixed(1)} ${y(units).toFixed(1)}`,
    )
    .join('');
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <title>{label}</title>
      <path d={path} fill="none" stroke="var(--control)" strokeWidth={1.5} strokeLinejoin="round" />
      {end && <circle cx={x(times.at(-1)!)} cy={y(end.units)} r={2} fill="var(--control)" />}
    </svg>
  );
}
