import type { KeyboardEvent } from 'react';
import { scaleLinear } from 'd3-scale';
import { Figure } from '../../../pictures/figure.js';
import { useNow } from '../../../ui/age.js';
import { count, duration } from '../../../words/format.js';
import { exactTime, shortTime } from '../../../words/times.js';
import { decisionTitle, type DecisionLine } from './decision-rows.js';

interface Props {
  decisions: readonly DecisionLine[];
  chosen: number;
  isOver: boolean;
  hasOlder: boolean;
  onChoose: (n: number) => void;
}

/** The decisions on a line of time; arrow keys go from one to the next. */
export function DecisionLife(props: Props) {
  const { decisions, isOver, hasOlder } = props;
  const [newest, oldest] = [decisions[0]!, decisions.at(-1)!];
  const took = Date.parse(newest.at) - Date.parse(oldest.at);
  const many = `${hasOlder ? 'The newest ' : ''}${count(decisions.length)} decision${decisions.length === 1 ? '' : 's'}`;
  const title = `${many} in ${duration(took)}; the last${isOver ? ' one ended it' : `: ${lower(decisionTitle(newest))}`}`;
  return (
    <div className="card">
      <div className="body">
        <Figure
          title={title}
          how="Full: something changed. Open: not decidable yet. Amber: held. Arrow keys go from decision to decision"
          table={<LifeTable decisions={decisions} />}
        >
          {(width) => <Line {...props} width={width} label={title} />}
        </Figure>
      </div>
    </div>
  );
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

const HEIGHT = 52;
const Y = 18;

function Line({ decisions, chosen, onChoose, width, label }: Props & { width: number; label: string }) {
  const now = useNow();
  const ordered = [...decisions].reverse();
  const times = ordered.map(({ at }) => Date.parse(at));
  const [from, to] = [times[0]!, times.at(-1)!];
  const x = scaleLinear([from, to > from ? to : from + 1], [10, width - 10]);
  const place = ordered.findIndex(({ n }) => n === chosen);
  const current = ordered[place]!;
  const step = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next = by === undefined ? undefined : ordered[place + by];
    if (!next) return;
    event.preventDefault();
    onChoose(next.n);
  };
  const at = x(times[place]!);
  const anchor = at < 120 ? 'start' : at > width - 120 ? 'end' : 'middle';
  const said = `${shortTime(times[place]!, now)}, ${decisionTitle(current)}`;
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={ordered[0]!.n}
      aria-valuemax={ordered.at(-1)!.n}
      aria-valuenow={chosen}
      aria-valuetext={`Decision ${chosen}: ${said}`}
      onKeyDown={step}
    >
      <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
        <line x1={10} x2={width - 10} y1={Y} y2={Y} stroke="var(--edge)" strokeWidth={2} />
        {ordered.map((decision, index) => (
          <Dot
            key={decision.n}
            decision={decision}
            x={x(times[index]!)}
            isChosen={decision.n === chosen}
            onChoose={onChoose}
          />
        ))}
        <text
          x={anchor === 'start' ? 0 : anchor === 'end' ? width : at}
          y={48}
          textAnchor={anchor}
          className="b"
        >
          {said}
        </text>
        {anchor !== 'start' && (
          <text x={0} y={48} className="m">
            {shortTime(from, now)}
          </text>
        )}
        {anchor !== 'end' && (
          <text x={width} y={48} textAnchor="end" className="m">
            {shortTime(to, now)}
          </text>
        )}
      </svg>
    </div>
  );
}

const COLOURS: Partial<Record<DecisionLine['decision'], string>> = {
  winner: 'var(--good)',
  roll_back: 'var(--harm)',
  hold: 'var(--hold)',
};

function Dot({
  decision,
  x,
  isChosen,
  onChoose,
}: {
  decision: DecisionLine;
  x: number;
  isChosen: boolean;
  onChoose: (n: number) => void;
}) {
  const { n, decision: kind } = decision;
  const colour = COLOURS[kind] ?? 'var(--text)';
  const isOpen = kind === 'continue';
  return (
    <g onClick={() => onChoose(n)} style={{ cursor: 'pointer' }}>
      {isChosen && <circle cx={x} cy={Y} r={9} fill="var(--surface)" stroke="var(--text)" strokeWidth={2} />}
      {kind === 'hold' ? (
        <rect x={x - 4} y={Y - 5} width={8} height={10} fill={colour} />
      ) : (
        <circle
          cx={x}
          cy={Y}
          r={isOpen ? 3.5 : 5}
          fill={isOpen ? 'var(--surface)' : colour}
          stroke={colour}
          strokeWidth={1.5}
        />
      )}
      <rect x={x - 12} y={Y - 12} width={24} height={24} fill="transparent" />
    </g>
  );
}

/** Every decision, newest first. */
export function LifeTable({ decisions }: { decisions: readonly DecisionLine[] }) {
  return (
    <table className="t">
      <thead>
        <tr>
          <th className="num">Decision</th>
          <th>When</th>
          <th>What</th>
          <th className="num">Row</th>
        </tr>
      </thead>
      <tbody>
        {decisions.map((decision) => (
          <tr key={decision.n}>
            <td className="num">{decision.n}</td>
            <td>{exactTime(Date.parse(decision.at))}</td>
            <td>{decisionTitle(decision)}</td>
            <td className="num">{decision.row}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
