import { definitionErrors } from '../../src/operations/validate-definition.js';
import { validateExperiment } from '../../src/operations/validate-experiment.js';
import type { ApiContext } from '../context.js';
import { listedIn, singleIn, type Environments } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/validation.js';

/** What is wrong with a definition, before it is saved. */
export function validationRoutes({ store }: ApiContext): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/validations',
      action: 'read',
      environments: ({ body }) => environmentsIn(body),
      tag: 'planning',
      summary: 'Everything that is wrong with a definition, at once; nothing is stored',
      body: answers.validationInput,
      replies: { 200: answers.validation },
      async handle({ body: { kind, definition, start = {} } }) {
        const { errors, planned, warnings } =
          kind === 'experiment'
            ? await validateExperiment(store, definition, start, Date.now())
            : { errors: await definitionErrors(store, kind, definition), planned: null, warnings: [] };
        const { launch = null, baselines = {}, traffic = null } = planned ?? {};
        return {
          status: 200,
          body: { errors, warnings, launch: launch && { ...launch }, baselines: { ...baselines }, traffic },
        };
      },
    }),
  ];
}

/** What the definition in a body is for. */
export function environmentsIn(body: unknown): Environments {
  const { kind, definition } = (typeof body === 'object' && body !== null ? body : {}) as {
    kind?: unknown;
    definition?: unknown;
  };
  return kind === 'flag' ? listedIn(definition) : singleIn(definition);
}
