import { expect, it, vi } from 'vitest';
import type { ApiContext } from '../../api/context.js';
import type { Caller } from '../../api/auth.js';
import type { Call, Reply, Route } from '../../api/route.js';
import { emergencyStopRoutes } from '../../api/routes/emergency-stops.js';
import { failure } from '../../src/errors.js';
import type { StoredFence } from '../../src/store/serving.js';

/** A store that dies after the fence. */
function routesOfDyingStore() {
  const fences: StoredFence[] = [];
  const error = vi.fn();
  const context = {
    logger: { error },
    store: {
      serving: {
        fence: (fence: StoredFence) => Promise.resolve(fences.push(fence)),
        fences: () => Promise.resolve(fences),
      },
      experiments: { underWay: () => Promise.reject(failure('unavailable', 'MongoDB does not answer')) },
      emergencyStops: { get: () => Promise.resolve(null) },
    },
  } as unknown as ApiContext;
  const call = (
    method: Route['method'],
    path: string,
    given: Partial<Call<string, unknown, unknown>>,
  ): Promise<Reply> => {
    const found = emergencyStopRoutes(context).find((one) => one.method === method && one.path === path)!;
    const caller: Caller = { key_id: 'root', role: 'operator', environments: null };
    return found.handle({
      caller,
      params: {},
      query: {},
      body: {},
      session: null,
      idempotency_key: null,
      ...given,
    });
  };
  return { call, error };
}

it('says that a fence is set as soon as it is, whatever fails afterwards', async () => {
  const { call, error } = routesOfDyingStore();
  const set = await call('post', '/v1/emergency-stops', { body: { reason: 'fire' } });
  expect(set).toMatchObject({ status: 202, body: { fence_revision: 1, experiments: null } });
  expect(error).toHaveBeenCalledOnce();
  const { emergency_stop_id } = set.body as { emergency_stop_id: string };
  const report = call('get', '/v1/emergency-stops/{emergency_stop_id}', { params: { emergency_stop_id } });
  await expect(report).rejects.toMatchObject({ code: 'unavailable', status: 503 });
  const other = call('get', '/v1/emergency-stops/{emergency_stop_id}', {
    params: { emergency_stop_id: 'none' },
  });
  await expect(other).rejects.toMatchObject({ code: 'not_found' });
});
