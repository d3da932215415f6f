import { Link } from '@tanstack/react-router';
import type { Holdout } from '../../api/library.js';
import { Figure } from '../../pictures/figure.js';
import { Slots, SlotsTable, type SlotPart } from '../../pictures/slots.js';
import { count, percent } from '../../words/format.js';

const SLOTS = 10_000;

export function HoldoutView({ holdout: { holdout_id, share, layer_id } }: { holdout: Holdout }) {
  const held = Math.round((share * SLOTS) / 100);
  const of = layer_id === undefined ? 'no experiment' : `no experiment of layer ${layer_id}`;
  const parts: SlotPart[] = [
    { name: holdout_id, from: 0, to: held, is: 'lease', enrolled: held, note: `${percent(share)} held out` },
    { name: 'the others', from: held, to: SLOTS, is: 'free', enrolled: 0, note: 'may be enrolled' },
  ];
  return (
    <div className="card">
      <div className="body">
        <Figure
          title={`${percent(share)} of all units are in ${of}: ${count(held)} of 10,000 slots`}
          how="Not to say which slots: each holdout draws its own. Each start of an experiment freezes the share"
          table={<SlotsTable parts={parts} />}
        >
          {(width) => (
            <Slots parts={parts} width={width} label={`${percent(share)} of all units are held out`} />
          )}
        </Figure>
        {layer_id !== undefined && (
          <p className="small">
            <Link to="/library/$kind/$id" params={{ kind: 'layers', id: layer_id }}>
              To layer {layer_id}
            </Link>
          </p>
        )}
      </div>
    </div>
  );
}
