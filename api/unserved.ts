import { z } from 'zod';
import type { ObservedInstance } from '../src/serving/liveness.js';
import type { ApiContext } from './context.js';

/** Why a definition is not served although it is stored. */
export const unserved = z
  .strictObject({
    reason: z.string(),
    instances: z.array(z.string()).describe('The processes that cannot serve it.'),
  })
  .optional()
  .describe('Only there where a process cannot serve it.');
export type UnservedAnswer = NonNullable<z.output<typeof unserved>>;

/**
 * What live processes report of a definition. This one knows it of itself before its next heartbeat.
 *
 * @param ids `flag:…`, `segment:…` or `experiment:…`, any of which it needs
 */
export function unservedOf(
  { refresher, start_id }: Pick<ApiContext, 'refresher' | 'start_id'>,
  observed: readonly ObservedInstance[],
  ids: readonly string[],
): { unserved?: UnservedAnswer } {
  const others = observed.filter((instance) => instance.live && instance.start_id !== start_id);
  const own = observed.find((instance) => instance.start_id === start_id)?.instance_id ?? start_id;
  const reports = [{ instance_id: own, unserved: refresher.broken }, ...others].flatMap((instance) => {
    const found = instance.unserved.find(({ id }) => ids.includes(id));
    return found ? [{ instance_id: instance.instance_id, message: found.message }] : [];
  });
  const [first] = reports;
  if (!first) return {};
  return {
    unserved: { reason: first.message, instances: reports.map(({ instance_id }) => instance_id) },
  };
}
