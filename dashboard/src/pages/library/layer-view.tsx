import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Schemas } from '../../api/client.js';
import type { Layer } from '../../api/library.js';
import { experimentQuery } from '../../api/queries.js';
import { Figure } from '../../pictures/figure.js';
import { Slots, SlotsTable } from '../../pictures/slots.js';
import { Arm, armIndex } from '../../ui/arm.js';
import { Card } from '../../ui/card.js';
import { count, percent } from '../../words/format.js';
import { standing } from '../../words/state.js';
import {
  layerIn,
  leaseSlots,
  neededSlots,
  partsOf,
  placesIn,
  slotFinding,
  type KnownExperiments,
} from './layer-slots.js';

/** Of so many experiments it is asked where they stand. */
const MOST_ASKED = 40;

export function LayerView({ layer }: { layer: Layer }) {
  const ids = [...layer.leases.map(({ experiment_id }) => experiment_id), ...layer.queue].slice(
    0,
    MOST_ASKED,
  );
  const known: KnownExperiments = useQueries({
    queries: ids.map((id) => experimentQuery(id)),
    combine: (answers) =>
      new Map(answers.flatMap(({ data }) => (data ? [[data.experiment_id, data] as const] : []))),
  });
  return (
    <>
      {placesIn(layer).map((place) => (
        <LayerPicture key={place} layer={layerIn(layer, place, known)} place={place} known={known} />
      ))}
      <div className="grid cols-21">
        <Card title="Leases" flush>
          {layer.leases.length === 0 ? (
            <p className="body muted">No experiment has slots of this layer.</p>
          ) : (
            <Leases layer={layer} known={known} />
          )}
        </Card>
        <Card title="Queue, first come first served">
          {layer.queue.length === 0 ? (
            <p className="muted">Nobody waits.</p>
          ) : (
            <ol className="checks">
              {layer.queue.map((id, index) => (
                <li key={id}>
                  <b>{index + 1}</b>
                  <span>
                    <ExperimentLink id={id} />
                    <span className="sub">{needText(known.get(id), layer.free, index)}</span>
                  </span>
                </li>
              ))}
            </ol>
          )}
        </Card>
      </div>
    </>
  );
}

function LayerPicture({
  layer,
  place,
  known,
}: {
  layer: Layer;
  /** The environment that it is of; null where it is the same in all of them. */
  place: string | null;
  known: KnownExperiments;
}) {
  const parts = partsOf(layer, known);
  const said = slotFinding(layer, known);
  const finding = place === null ? said : `In ${place}: ${said}`;
  return (
    <div className="card">
      <div className="body">
        <Figure
          title={finding}
          how="A slot is a ten-thousandth of all units. Solid: enrolled now. Hatched: leased, not enrolled yet. Dashed: free"
          table={<SlotsTable parts={parts} />}
        >
          {(width) => <Slots parts={parts} width={width} label={finding} />}
        </Figure>
      </div>
    </div>
  );
}

function needText(experiment: Schemas['Experiment'] | undefined, free: number, index: number): string {
  const need = neededSlots(experiment);
  if (need === null) return 'waits for slots';
  const open = Math.round(free * 100);
  if (need > open) return `needs ${count(need)}, free ${count(open)}`;
  return index === 0
    ? `needs ${count(need)}; they are free, it begins soon`
    : `needs ${count(need)}; they are free, it waits behind the first`;
}

function Leases({ layer, known }: { layer: Layer; known: KnownExperiments }) {
  return (
    <table className="t stack">
      <thead>
        <tr>
          <th scope="col">Experiment</th>
          <th scope="col" className="num">
            Slots
          </th>
          <th scope="col" className="num">
            Enrolled
          </th>
          <th scope="col">Arms, slots</th>
        </tr>
      </thead>
      <tbody>
        {layer.leases.map((lease) => {
          const experiment = known.get(lease.experiment_id);
          return (
            <tr key={lease.experiment_id}>
              <td>
                <b>
                  <ExperimentLink id={lease.experiment_id} />
                </b>
                {lease.environment !== undefined && <span className="sub">in {lease.environment}</span>}
                {experiment && <span className="sub">{standing(experiment).text}</span>}
              </td>
              <td data-l="Slots" className="num">
                {lease.slots.map(({ from, to }) => `${count(from)} to ${count(to - 1)}`).join(', ')}
                <span className="sub">{count(leaseSlots(lease))}</span>
              </td>
              <td data-l="Enrolled" className="num">
                {experiment ? percent(experiment.coverage) : '–'}
              </td>
              <td data-l="Arms, slots">{experiment ? <Arms experiment={experiment} /> : '–'}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Arms({ experiment: { allocation, variants, control } }: { experiment: Schemas['Experiment'] }) {
  return (
    <ul>
      {Object.entries(allocation).map(([variant, slots]) => (
        <li key={variant}>
          <Arm index={armIndex(variants, control, variant)} name={variant} /> {count(slots)}
        </li>
      ))}
    </ul>
  );
}

function ExperimentLink({ id }: { id: string }) {
  return (
    <Link to="/experiments/$experiment_id" params={{ experiment_id: id }}>
      {id}
    </Link>
  );
}
