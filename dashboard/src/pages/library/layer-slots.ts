import type { Schemas } from '../../api/client.js';
import type { Layer } from '../../api/library.js';
import type { SlotPart } from '../../pictures/slots.js';
import { count, percent } from '../../words/format.js';
import { standing } from '../../words/state.js';

export type KnownExperiments = ReadonlyMap<string, Schemas['Experiment']>;

const SLOTS = 10_000;

/** How many slots a lease has. */
export function leaseSlots({ slots }: Layer['leases'][number]): number {
  return slots.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** How many slots an experiment waits for; null where that is not known. */
export function neededSlots(experiment: Schemas['Experiment'] | undefined): number | null {
  const share = experiment?.layer_share;
  return share === undefined ? null : Math.round((share * SLOTS) / 100);
}

/** Where the slots of a layer are counted apart: the environments that leases are limited to; null where none is. */
export function placesIn({ leases }: Layer): (string | null)[] {
  const named = leases.flatMap(({ environment }) => environment ?? []);
  return named.length === 0 ? [null] : [...new Set(named)].sort();
}

/** The layer as it is in one environment: with the experiments that run there. */
export function layerIn(layer: Layer, place: string | null, known: KnownExperiments): Layer {
  if (place === null) return layer;
  const isHere = (environment: string | null | undefined): boolean =>
    environment === undefined || environment === null || environment === place;
  const leases = layer.leases.filter(({ environment }) => isHere(environment));
  const queue = layer.queue.filter((id) => isHere(known.get(id)?.environment));
  const free = 100 - leases.reduce((sum, { share }) => sum + share, 0);
  return { ...layer, leases, queue, free };
}

/** The slots of a layer in order: who has them, and what is free between. */
export function partsOf({ leases }: Layer, known: KnownExperiments): SlotPart[] {
  const owned = leases
    .flatMap(({ experiment_id, slots }) =>
      slots.map(({ from, to }): SlotPart => {
        const experiment = known.get(experiment_id);
        const enrolled = experiment ? Math.round(((to - from) * experiment.coverage) / 100) : null;
        const note = experiment ? standing(experiment).text : '';
        return { name: experiment_id, from, to, is: 'lease', enrolled, note };
      }),
    )
    .sort((a, b) => a.from - b.from);
  const parts: SlotPart[] = [];
  let at = 0;
  const free = (to: number): void => {
    if (to > at) parts.push({ name: 'free', from: at, to, is: 'free', enrolled: 0, note: '' });
  };
  for (const part of owned) {
    free(part.from);
    parts.push(part);
    at = part.to;
  }
  free(SLOTS);
  return parts;
}

/** What a layer's slots say: how many are free, and what the first in the queue needs. */
export function slotFinding({ free, queue }: Layer, known: KnownExperiments): string {
  const open = Math.round(free * 100);
  const said =
    open === 0 ? 'All 10,000 slots are leased' : `${count(open)} of 10,000 slots are free, ${percent(free)}`;
  const [first] = queue;
  if (first === undefined) return said;
  const need = neededSlots(known.get(first));
  return need === null ? `${said}; ${first} waits` : `${said}; ${first} needs ${count(need)}`;
}
