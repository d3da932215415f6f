import { z } from 'zod';
import { iso } from '../../src/iso.js';
import { awaitErasure, eraseUnit, pendingOf } from '../../src/operations/erase-unit.js';
import { exportUnit } from '../../src/operations/export-unit.js';
import { observedInstances, type ApiContext } from '../context.js';
import { wholeInstallation } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/privacy.js';
import { found, unitNamed } from './found.js';

/** How long a caller waits for an erasure to be done everywhere. */
const ERASED_WITHIN_MS = 10_000;

const erasureQuery = z.strictObject({
  keep_opt_out: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .meta({ description: 'An opt-out stays, with the sealed id of the unit.' }),
});

/** What a person may ask for about themselves: everything that is held of them, and its removal. */
export function privacyUnitRoutes(context: ApiContext): Route[] {
  return [exportRoute(context), eraseRoute(context), erasureRoute(context)];
}

const path = '/v1/privacy/units/{unit_id}';

function exportRoute(context: ApiContext): Route {
  return route({
    method: 'get',
    path,
    action: 'administer',
    environments: wholeInstallation,
    tag: 'privacy',
    summary: 'Everything that the installation holds of a unit',
    replies: { 200: answers.exportedUnit },
    async handle({ params, caller }) {
      return { status: 200, body: await exportUnit(context, unitNamed(params), caller.key_id) };
    },
  });
}

function eraseRoute(context: ApiContext): Route {
  return route({
    method: 'delete',
    path,
    action: 'administer',
    environments: wholeInstallation,
    tag: 'privacy',
    summary: 'Remove everything that is held of a unit; 202 where that takes longer than ten seconds',
    query: erasureQuery,
    replies: { 200: answers.erasedUnit, 202: answers.erasedUnit },
    async handle({ params, query: { keep_opt_out }, caller }) {
      const unit_id = unitNamed(params);
      const erasure = await eraseUnit(context, unit_id, keep_opt_out, caller.key_id);
      const { _id: erasure_id, removed } = erasure;
      const pending = await awaitErasure(
        context,
        erasure,
        () => observedInstances(context),
        ERASED_WITHIN_MS,
      );
      const body = { unit_id, erasure_id, removed, pending };
      return pending.length === 0
        ? { status: 200, body }
        : { status: 202, body, location: `/v1/privacy/erasures/${erasure_id}` };
    },
  });
}

function erasureRoute(context: ApiContext): Route {
  return route({
    method: 'get',
    path: '/v1/privacy/erasures/{erasure_id}',
    action: 'administer',
    environments: wholeInstallation,
    tag: 'privacy',
    summary: 'Whether an erasure is done everywhere, and what it removed',
    replies: { 200: answers.erasure },
    async handle({ params: { erasure_id } }) {
      const erasure = found(await context.store.erasures.get(erasure_id), `erasure ${erasure_id}`);
      const { unit, at, by, removed } = erasure;
      const pending = await pendingOf(context, erasure, await observedInstances(context));
      return {
        status: 200,
        body: {
          ...{ erasure_id, pseudonym: unit, at: iso(at), by, removed },
          ...{ complete: pending.length === 0, pending },
        },
      };
    },
  });
}
