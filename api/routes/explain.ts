import { z } from 'zod';
import { iso } from '../../src/iso.js';
import { Evaluation } from '../../src/assignment/evaluation.js';
import { failure, validationFailed } from '../../src/errors.js';
import { flagSchema, type Flag } from '../../src/model/flag.js';
import { isUnitId, UNIT_ID_RULE } from '../../src/model/id.js';
import { explainFlag } from '../../src/operations/explain-flag.js';
import { parse } from '../../src/validation.js';
import type { ApiContext } from '../context.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/definitions.js';
import { FLAG_READ_ONLY } from './flags.js';
import { writableId } from './found.js';
import { ofDefinition } from './of-definition.js';

const question = z.strictObject({
  context: z
    .record(z.string(), z.unknown())
    .describe('As OFREP takes it; without `targetingKey` it is nobody in particular.'),
  definition: z
    .looseObject({})
    .optional()
    .describe('A flag as PUT takes it: an edit that is not saved, explained in place of what is served.'),
});

/** Why a flag gives what it gives. */
export function explainRoutes({ store, refresher, config }: ApiContext): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/flags/{flag_id}/explain',
      action: 'read',
      // It is an evaluation: about what this process serves.
      environments: () => [config.RAMPART_ENVIRONMENT],
      tag: 'flags',
      summary: 'The value of a flag for a context, and every check that leads to it; nothing is recorded',
      body: question,
      replies: { 200: answers.explanation },
      async handle({ params: { flag_id }, body }) {
        const { snapshot } = refresher;
        if (!snapshot) throw failure('unavailable', 'nothing to serve yet; try again', { retry_after: 1 });
        const moment = { now: Date.now(), stale: refresher.isStale() };
        const found = await ofDefinition(() => {
          const edit = body.definition ? editOf(flag_id, body.definition) : null;
          return explainFlag(store, snapshot, {
            ...{ flag_id, unit: unitOf(body.context), context: body.context, moment, edit },
          });
        });
        if (!found) throw failure('not_found', notServed(flag_id, refresher));
        const { evaluation, steps, slot } = found;
        const definition = body.definition ? ('given' as const) : ('served' as const);
        const at = iso(moment.now);
        return {
          status: 200,
          body: {
            ...{ flag_id, at, revision: snapshot.revision, definition },
            ...outcomeOf(evaluation),
            ...{ slot, steps },
          },
        };
      },
    }),
  ];
}

function outcomeOf(
  evaluation: Evaluation | string,
): Pick<
  z.output<typeof answers.explanation>,
  'value' | 'variant' | 'reason' | 'error' | 'experiment_id' | 'in_experiment'
> {
  if (!(evaluation instanceof Evaluation)) {
    const nobody = { variant: null, experiment_id: null, in_experiment: false };
    return { ...nobody, reason: 'ERROR', error: 'TARGETING_KEY_MISSING' };
  }
  const { value, variant, reason, metadata } = evaluation;
  const { experiment_id, in_experiment } = metadata;
  return {
    ...(value !== undefined && { value }),
    variant: variant ?? null,
    reason,
    error: null,
    experiment_id: typeof experiment_id === 'string' ? experiment_id : null,
    in_experiment: in_experiment === true,
  };
}

function editOf(flag_id: string, definition: Record<string, unknown>): Flag {
  writableId(flag_id, 'flag_id');
  const given = definition['flag_id'];
  if (given !== undefined && given !== flag_id) {
    const message = `must be ${flag_id}, as in the path`;
    throw validationFailed([{ path: 'flag_id', code: 'invalid_value', message }]);
  }
  const fields = Object.entries(definition).filter(([name]) => !FLAG_READ_ONLY.includes(name));
  return parse(flagSchema, { ...Object.fromEntries(fields), flag_id });
}

/** As OFREP reads it. @throws {RampartError} validation_failed */
function unitOf({ targetingKey }: Record<string, unknown>): string | null {
  if (targetingKey === undefined || targetingKey === null || targetingKey === '') return null;
  if (typeof targetingKey === 'string' && isUnitId(targetingKey)) return targetingKey;
  throw validationFailed([{ path: 'context.targetingKey', code: 'invalid_value', message: UNIT_ID_RULE }]);
}

function notServed(flag_id: string, { broken }: Pick<ApiContext['refresher'], 'broken'>): string {
  const why = broken.find(({ id }) => id === `flag:${flag_id}`);
  return why ? `flag ${flag_id} is not served: ${why.message}` : `no flag ${flag_id}`;
}
