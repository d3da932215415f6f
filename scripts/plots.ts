// Draws the plots of docs/statistics.md with the functions that decide.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Random } from '../src/rehearsal/random.js';
import { analyze } from '../src/metrics/evidence-for.js';

const [WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM] = [760, 380, 70, 34, 20, 50];

interface Point {
  x: number;
  lower: number;
  upper: number;
  value: number;
  fixedLower: number;
  fixedUpper: number;
}

/** One simulated experiment: 10 % against 11.5 %, looked at every 200 units an arm. */
function series(): Point[] {
  const random = new Random(12);
  const sums = { control: { n: 0, sum: 0 }, treatment: { n: 0, sum: 0 } };
  return Array.from({ length: 50 }, () => {
    for (const [arm, rate] of [
      ['control', 0.1],
      ['treatment', 0.115],
    ] as const) {
      sums[arm].n += 200;
      sums[arm].sum += random.binomial(200, rate);
    }
    const { metrics } = analyze({
      control: 'control',
      allocation: { control: 50, treatment: 50 },
      planned_units: 20_000,
      alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
      metrics: [{ metric_id: 'm', role: 'primary', kind: 'proportion', direction: 'increase', arms: sums }],
    });
    const { sequence, difference, absolute } = metrics[0]!.comparisons[0]!;
    return {
      x: sums.control.n + sums.treatment.n,
      lower: 100 * sequence.lower!,
      upper: 100 * sequence.upper!,
      value: 100 * difference!,
      fixedLower: 100 * absolute.lower!,
      fixedUpper: 100 * absolute.upper!,
    };
  });
}

function plot(points: Point[]): string {
  const [low, high] = [-6, 8];
  const last = points.at(-1)!.x;
  const x = (value: number): string => (LEFT + (value / last) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (value: number): string =>
    (TOP + ((high - Math.max(low, Math.min(high, value))) / (high - low)) * (HEIGHT - TOP - BOTTOM)).toFixed(
      1,
    );
  const line = (of: (point: Point) => number): string =>
    points.map((point) => `${x(point.x)},${y(of(point))}`).join(' ');
  const band = `${line(({ upper }) => upper)} ${[...points]
    .reverse()
    .map((point) => `${x(point.x)},${y(point.lower)}`)
    .join(' ')}`;
  const crossed = points.find(({ lower }) => lower > 0);
  const ticks = [-6, -4, -2, 0, 2, 4, 6, 8]
    .map(
      (tick) =>
        `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}" stroke="${tick === 0 ? '#444' : '#ddd'}"/>` +
        `<text x="${LEFT - 8}" y="${Number(y(tick)) + 4}" text-anchor="end">${tick}</text>`,
    )
    .join('\n');
  const units = [0, 5_000, 10_000, 15_000, 20_000]
    .map((tick) => `<text x="${x(tick)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${tick}</text>`)
    .join('\n');
  const mark = crossed
    ? `<line x1="${x(crossed.x)}" x2="${x(crossed.x)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#b00" stroke-dasharray="4 3"/>
<text x="${Number(x(crossed.x)) - 6}" y="${HEIGHT - BOTTOM - 8}" text-anchor="end" fill="#b00">ships at ${crossed.x} units</text>`
    : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="13">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="20" font-size="15">Difference in percentage points, treatment − control: 10 % against 11.5 %</text>
${ticks}
${units}
<text x="${(WIDTH + LEFT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">units in both arms</text>
<polygon points="${band}" fill="#3b74c4" opacity="0.22"/>
<polyline points="${line(({ upper }) => upper)}" fill="none" stroke="#3b74c4"/>
<polyline points="${line(({ lower }) => lower)}" fill="none" stroke="#3b74c4"/>
<polyline points="${line(({ fixedUpper }) => fixedUpper)}" fill="none" stroke="#999" stroke-dasharray="3 3"/>
<polyline points="${line(({ fixedLower }) => fixedLower)}" fill="none" stroke="#999" stroke-dasharray="3 3"/>
<polyline points="${line(({ value }) => value)}" fill="none" stroke="#1b1b1b" stroke-width="1.6"/>
${mark}
<text x="${WIDTH - RIGHT - 6}" y="${TOP + 16}" text-anchor="end" fill="#3b74c4">confidence sequence, α = 0.01: valid at every look</text>
<text x="${WIDTH - RIGHT - 6}" y="${TOP + 34}" text-anchor="end" fill="#777">fixed interval: valid for one look only</text>
</svg>
`;
}

mkdirSync('docs/images', { recursive: true });
writeFileSync('docs/images/confidence-sequence.svg', plot(series()));
