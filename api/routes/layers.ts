import { SLOTS } from '../../src/assignment/hash.js';
import { gaps } from '../../src/lifecycle/allocation.js';
import { layerSchema, type Layer } from '../../src/model/layer.js';
import type { SlotInterval } from '../../src/model/serving.js';
import { saveDefinition } from '../../src/operations/save-definition.js';
import type { Stored } from '../../src/store/definitions.js';
import type { ApiContext } from '../context.js';
import { shared } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/definitions.js';
import { definitionReads } from './definition-reads.js';

const SLOTS_PER_PERCENT = SLOTS / 100;

function sizeOf(slots: readonly SlotInterval[]): number {
  return slots.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** Layers: experiments of one layer exclude one another. */
export function layerRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/layers/{layer_id}';
  const present = async ({ definition }: Stored<Layer>): Promise<answers.LayerAnswer> => {
    const { leases, queue } = await store.leases.book(definition.layer_id);
    const shares = leases.map(({ experiment_id, environment, slots }) => ({
      experiment_id,
      ...(environment !== undefined && { environment }),
      share: sizeOf(slots) / SLOTS_PER_PERCENT,
      slots,
    }));
    const free = sizeOf(gaps(leases.flatMap(({ slots }) => slots))) / SLOTS_PER_PERCENT;
    return { ...definition, leases: shares, free, queue: queue.map(({ experiment_id }) => experiment_id) };
  };
  const reads = definitionReads(context, {
    noun: 'layer',
    path: '/v1/layers',
    tag: 'layers',
    summary: 'A layer: who has which share of its units, and who waits for one',
    definitions: store.layers,
    schema: answers.layer,
    present,
    isFor: shared,
  });
  return [
    ...reads,
    route({
      method: 'put',
      path,
      action: 'define',
      environments: shared,
      tag: 'layers',
      summary: 'Create or describe a layer',
      body: layerSchema,
      identity: 'layer_id',
      readOnly: ['leases', 'free', 'queue'],
      replies: { 200: answers.layer, 201: answers.layer },
      async handle({ body, caller }) {
        const { layer_id } = body;
        const before = await store.layers.get(layer_id);
        const { stored } = await saveDefinition(context, store.layers, layer_id, body, caller.key_id, before);
        return { status: before ? 200 : 201, body: await present(stored) };
      },
    }),
  ];
}
