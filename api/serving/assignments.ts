import type { ServerResponse } from 'node:http';
import type { Assignment, CompiledExperiment, Moment } from '../../src/assignment/experiment.js';
import { failure, validationFailed, type FieldError } from '../../src/errors.js';
import { isUnitId, UNIT_ID_RULE } from '../../src/model/id.js';
import type { ServingSnapshot } from '../../src/serving/serving-snapshot.js';
import { answer } from './answer.js';
import type { ExposureBuffer } from '../../src/ingest/exposures.js';

interface AssignmentBody {
  unit_id: string;
  attributes: Record<string, unknown>;
  exposure: boolean;
}

/** Assigns a unit in one experiment. The exposure is recorded, unless the body says not to. */
export function assignOne(
  response: ServerResponse,
  body: string,
  id: string,
  { ruleset, experiments }: ServingSnapshot,
  moment: Moment,
  exposures: ExposureBuffer,
): void {
  const { unit_id, attributes, exposure } = assignmentBody(body, true);
  const experiment = ruleset.experiments.get(id);
  if (!experiment) throw failure('not_found', `no experiment ${id} has been started`);
  const assignment = ruleset.assign(experiment, unit_id, attributes, moment);
  if (exposure && assignment.in_experiment) {
    const { epoch } = experiments.get(id)!.allocation;
    exposures.add(id, epoch, assignment.variant, unit_id, assignment.segments);
  }
  const names = `{"experiment_id":${JSON.stringify(id)},"unit_id":${JSON.stringify(unit_id)},`;
  answer(response, 200, `${names}${present(experiment, assignment)}}`);
}

/** Assigns a unit in every live experiment. Nothing is recorded. */
export function assignAll(
  response: ServerResponse,
  body: string,
  { ruleset, revision }: ServingSnapshot,
  moment: Moment,
): void {
  const { unit_id, attributes } = assignmentBody(body, false);
  const items: string[] = [];
  for (const [id, experiment] of ruleset.experiments) {
    if (!experiment.live) continue;
    const assignment = ruleset.assign(experiment, unit_id, attributes, moment);
    items.push(`{"experiment_id":${JSON.stringify(id)},${present(experiment, assignment)}}`);
  }
  const names = `{"unit_id":${JSON.stringify(unit_id)},"revision":${revision},`;
  answer(response, 200, `${names}"assignments":[${items.join(',')}]}`);
}

function present(
  { configs, revision }: CompiledExperiment,
  { variant, in_experiment, reason, segments }: Assignment,
): string {
  const config = Object.hasOwn(configs, variant) ? JSON.stringify(configs[variant]) : 'null';
  return (
    `"variant":${JSON.stringify(variant)},"config":${config},` +
    `"in_experiment":${in_experiment},"reason":"${reason}","revision":${revision}` +
    (segments ? `,"segments":${JSON.stringify(segments)}` : '')
  );
}

function assignmentBody(text: string, takesExposure: boolean): AssignmentBody {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw validationFailed([{ path: '', code: 'invalid_type', message: 'must be an object' }]);
  }
  const fields = value as Record<string, unknown>;
  const { unit_id, attributes = {}, exposure = true } = fields;
  const errors: FieldError[] = [];
  const wrong = (path: string, code: string, message: string): void =>
    void errors.push({ path, code, message });
  const known = takesExposure ? ['unit_id', 'attributes', 'exposure'] : ['unit_id', 'attributes'];
  for (const name of Object.keys(fields)) {
    if (!known.includes(name)) wrong(name, 'unknown_field', 'is not a field here');
  }
  if (unit_id === undefined) wrong('unit_id', 'required', 'is missing: the unit to assign');
  else if (typeof unit_id !== 'string') wrong('unit_id', 'invalid_type', 'must be a string');
  else if (!isUnitId(unit_id)) {
    wrong('unit_id', 'invalid_value', UNIT_ID_RULE);
  }
  if (typeof attributes !== 'object' || attributes === null || Array.isArray(attributes)) {
    wrong('attributes', 'invalid_type', 'must be an object');
  }
  if (typeof exposure !== 'boolean') wrong('exposure', 'invalid_type', 'must be true or false');
  if (errors.length > 0) throw validationFailed(errors);
  return { unit_id, attributes, exposure } as AssignmentBody;
}

function parseJson(text: string): unknown {
  if (text === '') throw failure('malformed_json', 'this call takes a JSON body, and none was sent');
  try {
    return JSON.parse(text);
  } catch {
    throw failure('malformed_json', 'the body is not JSON');
  }
}
