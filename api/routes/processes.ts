import { iso } from '../../src/iso.js';
import { lossOf, type ObservedInstance } from '../../src/serving/liveness.js';
import { observedInstances, type ApiContext } from '../context.js';
import { shared } from '../environments.js';
import { pagingQuery } from '../query.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/processes.js';
import { pageInMemory } from './page-in-memory.js';

/** Every process that serves, as its heartbeats tell. */
export function processRoutes(context: ApiContext): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/processes',
      action: 'read',
      environments: shared,
      tag: 'reports',
      summary: 'Every process that serves: whether it lives, and at which revision',
      query: pagingQuery,
      replies: { 200: answers.processPage },
      async handle({ query, caller }) {
        const observed = await observedInstances(context);
        const { items, next_cursor } = pageInMemory(
          new Map(observed.map((instance) => [instance.instance_id, instance])),
          query,
        );
        const now = Date.now();
        // What a process cannot serve may belong to environments that a limited key does not see.
        const seesAll = caller.environments === null;
        return {
          status: 200,
          body: {
            items: items.map((instance) => present(instance, context.start_id, seesAll, now)),
            next_cursor,
          },
        };
      },
    }),
  ];
}

function present(
  instance: ObservedInstance,
  own: string,
  seesAll: boolean,
  now: number,
): answers.ProcessAnswer {
  const { instance_id, start_id, kind, live, serving_revision, unserved } = instance;
  const loss = lossOf(instance, now);
  return {
    instance_id,
    kind,
    live,
    answers: start_id === own,
    serving_revision: serving_revision < 0 ? null : serving_revision,
    ...(loss && {
      since: iso(loss.silent_since),
      serves_control_at: iso(loss.serves_control_at),
    }),
    ...(seesAll && unserved.length > 0 && { unserved: [...unserved] }),
  };
}
