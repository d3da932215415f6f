import { failure } from '../../src/errors.js';
import type { LeaseBook } from '../../src/lifecycle/lease-book.js';
import { holdoutSchema, layerSchema, type Layer } from '../../src/model/layer.js';
import type { Stored } from '../../src/store/definitions.js';
import { audit, type ApiContext } from '../context.js';
import { paging, route, type Route } from '../route.js';

const SLOTS_A_PERCENT = 100;

/** Layers, in which experiments exclude one another, and holdouts, which are in no experiment. */
export function layerRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const layerPath = '/v1/layers/{layer_id}';
  const holdoutPath = '/v1/holdouts/{holdout_id}';
  const present = async ({ definition }: Stored<Layer>): Promise<object> => ({
    ...definition,
    ...presentLeases(await store.leases.book(definition.layer_id)),
  });
  return [
    route({
      method: 'put',
      path: layerPath,
      action: 'define',
      summary: 'Create or describe a layer',
      body: layerSchema,
      identity: 'layer_id',
      async handle({ body, caller }) {
        const { stored, before } = await store.layers.put(body.layer_id, body, caller.key_id);
        const action = before ? 'layer.update' : 'layer.create';
        await audit(context, caller, action, ['layer', body.layer_id], {
          before: before?.definition,
          after: body,
        });
        return { status: before ? 200 : 201, body: await present(stored) };
      },
    }),
    route({
      method: 'get',
      path: layerPath,
      action: 'read',
      summary: 'A layer: who has which share of its units, and who waits for one',
      async handle({ params: { layer_id } }) {
        const stored = await store.layers.get(layer_id!);
        if (!stored) throw failure('not_found', `no layer ${layer_id}`);
        return { status: 200, body: await present(stored) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/layers',
      action: 'read',
      summary: 'Layers',
      async handle({ query }) {
        const { limit, cursor } = paging(query);
        const { items, next_cursor } = await store.layers.page(limit, cursor);
        return { status: 200, body: { items: await Promise.all(items.map(present)), next_cursor } };
      },
    }),
    route({
      method: 'put',
      path: holdoutPath,
      action: 'administer',
      summary: 'Create or change a holdout; experiments that are under way keep the share they began with',
      body: holdoutSchema,
      identity: 'holdout_id',
      async handle({ body, caller }) {
        const { before } = await store.holdouts.put(body.holdout_id, body, caller.key_id);
        const action = before ? 'holdout.update' : 'holdout.create';
        await audit(context, caller, action, ['holdout', body.holdout_id], {
          before: before?.definition,
          after: body,
        });
        return { status: before ? 200 : 201, body };
      },
    }),
    route({
      method: 'get',
      path: holdoutPath,
      action: 'read',
      summary: 'One holdout',
      async handle({ params: { holdout_id } }) {
        const stored = await store.holdouts.get(holdout_id!);
        if (!stored) throw failure('not_found', `no holdout ${holdout_id}`);
        return { status: 200, body: stored.definition };
      },
    }),
    route({
      method: 'get',
      path: '/v1/holdouts',
      action: 'read',
      summary: 'Holdouts',
      async handle({ query }) {
        const { limit, cursor } = paging(query);
        const { items, next_cursor } = await store.holdouts.page(limit, cursor);
        return { status: 200, body: { items: items.map(({ definition }) => definition), next_cursor } };
      },
    }),
    route({
      method: 'delete',
      path: holdoutPath,
      action: 'administer',
      summary: 'Delete a holdout; experiments that are under way keep it',
      async handle({ params, caller }) {
        const id = params['holdout_id']!;
        const before = await store.holdouts.delete(id);
        if (!before) throw failure('not_found', `no holdout ${id}`);
        await audit(context, caller, 'holdout.delete', ['holdout', id], { before: before.definition });
        return { status: 204 };
      },
    }),
  ];
}

/** Shares in per cent of the layer's units. */
function presentLeases({ leases, queue }: LeaseBook): object {
  const shares = leases.map(({ experiment_id, slots }) => ({
    experiment_id,
    share: slots.reduce((sum, { from, to }) => sum + to - from, 0) / SLOTS_A_PERCENT,
    slots,
  }));
  return { leases: shares, free: 100 - shares.reduce((sum, one) => sum + one.share, 0), queue };
}
