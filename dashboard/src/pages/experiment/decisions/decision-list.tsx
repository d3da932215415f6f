import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Time } from '../../../ui/age.js';
import { count } from '../../../words/format.js';
import { useLookSearch } from '../past/use-look.js';
import { decisionTitle, folded, type DecisionLine } from './decision-rows.js';

interface Props {
  decisions: readonly DecisionLine[];
  chosen: number;
}

/** Every decision, newest first. */
export function DecisionList({ decisions, chosen }: Props) {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  return (
    <ul>
      {folded(decisions, chosen).flatMap((item) => {
        if (item.kind === 'one')
          return [<Item key={item.decision.n} decision={item.decision} chosen={chosen} />];
        const first = item.decisions[0]!.n;
        if (open.has(first))
          return item.decisions.map((decision) => (
            <Item key={decision.n} decision={decision} chosen={chosen} />
          ));
        return [
          <li key={`run ${first}`}>
            <button type="button" className="fold" onClick={() => setOpen(new Set([...open, first]))}>
              {item.decisions.length === 1
                ? 'one “not decidable yet” folded'
                : `${count(item.decisions.length)} “not decidable yet” folded`}
            </button>
          </li>,
        ];
      })}
    </ul>
  );
}

function Item({ decision, chosen }: { decision: DecisionLine; chosen: number }) {
  const { n, row, at, reasons } = decision;
  const title = decisionTitle(decision);
  const search = useLookSearch();
  const isChosen = n === chosen;
  return (
    <li>
      <Link
        from="/experiments/$experiment_id/decisions"
        to="/experiments/$experiment_id/decisions"
        search={{ n, ...search }}
        replace
        resetScroll={false}
        aria-current={isChosen ? 'true' : undefined}
      >
        <span className="n">{n}</span>
        {isChosen ? <b>{title}</b> : <span>{title}</span>}
        <span className="muted">row {row}</span>
        <span className="sub">
          <Time at={at} />
          {reasons[0] !== undefined && `, ${reasons[0].text}`}
        </span>
      </Link>
    </li>
  );
}
