import { expect, it } from 'vitest';
import type { Layer } from '../../../dashboard/src/api/library.js';
import { layerIn, partsOf, placesIn } from '../../../dashboard/src/pages/library/layer-slots.js';

const lease = (experiment_id: string, to: number, environment?: string): Layer['leases'][number] => ({
  ...{ experiment_id, share: to / 100, slots: [{ from: 0, to }] },
  ...(environment !== undefined && { environment }),
});

it('counts the slots of a layer in each environment by itself, where leases are limited to some', () => {
  const layer = {
    ...{ layer_id: 'l', free: 20, queue: ['p'] },
    leases: [lease('s', 8_000, 'staging'), lease('q', 3_000, 'production')],
  } as Layer;
  expect(placesIn({ ...layer, leases: [lease('e', 10)] })).toEqual([null]);
  expect(placesIn(layer)).toEqual(['production', 'staging']);
  const known = new Map([['p', { environment: 'production' } as never]]);
  const [production, staging] = placesIn(layer).map((place) => layerIn(layer, place, known));
  expect([production!.free, production!.queue]).toEqual([70, ['p']]);
  expect([staging!.free, staging!.queue]).toEqual([20, []]);
  expect(partsOf(production!, new Map()).map(({ name, from, to }) => [name, from, to])).toEqual([
    ['q', 0, 3_000],
    ['free', 3_000, 10_000],
  ]);
});
