import { useId } from 'react';
import { count, evidence } from '../words/format.js';
import { Hatch } from './hatch.js';
import { useWidth } from './use-width.js';

interface Props {
  /** What it is of, for readers of screens. */
  label: string;
  /** Natural logarithm of the e-value; null where nothing can be said. */
  log_e: number | null;
  /** E-value at which something happens. */
  threshold: number;
  tone?: 'plain' | 'hold' | 'harm' | 'good';
  ticks?: readonly number[];
}

const HEIGHT = 34;
const BAR = { y: 6, height: 12 };
const FLAG = 12;
const TONES = {
  plain: 'var(--axis)',
  hold: 'var(--hold)',
  harm: 'var(--harm)',
  good: 'var(--good)',
} as const;

/** Evidence on its way to a threshold, on a logarithmic scale; the flag at the end says where something happens. */
export function EvidenceBar({ label, log_e, threshold, tone = 'plain', ticks = [10] }: Props) {
  const [element, width] = useWidth<HTMLDivElement>();
  return (
    <div ref={element} className="plot">
      {width > 0 && <Bar {...{ label, log_e, threshold, tone, ticks, width }} />}
    </div>
  );
}

function Bar({ label, log_e, threshold, tone, ticks, width }: Required<Props> & { width: number }) {
  const hatch = useId();
  const end = width - FLAG;
  const share = log_e === null ? 0 : Math.max(0, Math.min(1, log_e / Math.log(threshold)));
  const said = log_e === null ? 'blind' : `${evidence(log_e)} of ${count(threshold)}`;
  return (
    <svg
      width={width}
      height={HEIGHT}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      role="img"
      aria-label={`${label}: ${said}`}
    >
      {log_e === null ? (
        <>
          <defs>
            <Hatch id={hatch} colour="var(--axis)" width={0.5} opacity={0.8} />
          </defs>
          <rect
            x={0.5}
            y={BAR.y + 0.5}
            width={end - 1}
            height={BAR.height - 1}
            rx={3}
            fill={`url(#${hatch})`}
            stroke="var(--axis)"
            strokeDasharray="4 3"
          />
        </>
      ) : (
        <>
          <rect x={0} y={BAR.y} width={end} height={BAR.height} rx={3} fill="var(--sunken)" />
          <rect
            x={0}
            y={BAR.y}
            width={share > 0 ? Math.max(3, end * share) : 2}
            height={BAR.height}
            rx={share > 0 ? 3 : 0}
            fill={TONES[tone]}
          />
        </>
      )}
      <line x1={end} x2={end} y1={0} y2={BAR.y + BAR.height + 4} stroke="var(--text)" strokeWidth={1.5} />
      <path d={`M${end} 0h9l-3 3.5 3 3.5h-9z`} fill="var(--text)" />
      <text x={0} y={HEIGHT - 1} className="m">
        ≤ 1
      </text>
      {ticks
        .filter((tick) => tick < threshold / 3)
        .map((tick) => {
          const x = end * (Math.log(tick) / Math.log(threshold));
          return (
            <g key={tick}>
              <line x1={x} x2={x} y1={BAR.y + BAR.height} y2={BAR.y + BAR.height + 4} stroke="var(--axis)" />
              <text x={x} y={HEIGHT - 1} textAnchor="middle" className="m">
                {tick}
              </text>
            </g>
          );
        })}
      <text x={end + 1} y={HEIGHT - 1} textAnchor="end" className="b">
        {count(Math.ceil(threshold))}
      </text>
    </svg>
  );
}
