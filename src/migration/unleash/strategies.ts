import { absent, not, oneOf, type Conditions } from '../build-conditions.js';
import type { PartialRule } from '../cascade.js';
import { asText, Fields } from '../fields.js';
import { Unsupported } from '../migration-errors.js';
import { REASSIGNED, reassignedFrom } from '../reassignment-notes.js';
import type { SegmentImport } from '../segment-import.js';
import { allHold, attributeOf, constraintsOf } from './constraints.js';
import { IGNORED } from './ignored-fields.js';
import type { UnleashStrategy } from './unleash-feature.js';

/** The units that a strategy admits: a share of those that a rule matches. */
export interface Admission {
  rule: Omit<PartialRule, 'ranges'>;
  share: number;
  /** The seed that variants of admitted units are hashed with. */
  groupId: string;
}

/** @throws {Unsupported} naming what cannot be carried over, or where the strategy is disabled */
export function admissionOf(
  { path, fields }: UnleashStrategy,
  featureKey: string,
  segments: SegmentImport,
): Admission {
  const isDisabled = fields.boolean('disabled') ?? false;
  // Both have been taken into account already.
  fields.number('sortOrder');
  fields.string('environment');
  const type = fields.string('strategyName') ?? fields.requiredString('name');
  const constraints = constraintsOf(fields);
  const segmentKeys = fields.list('segments');
  const parameters = fields.object('parameters') ?? new Fields({}, fields.at('parameters'), fields.ledger);
  if (isDisabled) throw new Unsupported('it is disabled');
  const { conditions: typeConditions, share, hash } = typeAdmission(type, parameters, featureKey, path);
  parameters.close(IGNORED.parameters);
  fields.close(IGNORED.strategy);
  const memberships = segmentKeys.map((key) => ({ conditions: segments.membership(asText(key)) }));
  const matched = allHold([constraints, ...memberships, { conditions: typeConditions }]);
  return {
    rule: { path, ...matched, hash },
    share,
    groupId: asText(parameters.peek('groupId') ?? featureKey),
  };
}

/** Whom a type of strategy admits, constraints and segments apart. */
interface TypeAdmission {
  conditions: Conditions;
  share: number;
  hash: string;
}

function typeAdmission(type: string, parameters: Fields, featureKey: string, path: string): TypeAdmission {
  const gradual = (stickiness: string, percentage: string): TypeAdmission =>
    gradualRollout(stickiness, percentage, parameters, featureKey, path);
  switch (type) {
    case 'default':
      return { conditions: {}, share: 1, hash: '' };
    case 'flexibleRollout':
      return gradual(parameters.string('stickiness') ?? 'default', 'rollout');
    case 'gradualRolloutUserId':
      return gradual('userId', 'percentage');
    case 'gradualRolloutSessionId':
      return gradual('sessionId', 'percentage');
    case 'gradualRolloutRandom':
      return gradual('random', 'percentage');
    case 'userWithId': {
      const ids = (parameters.string('userIds') ?? '').split(',').map((id) => id.trim());
      const conditions = oneOf(
        'targetingKey',
        ids.filter((id) => id !== ''),
      );
      return { conditions, share: 1, hash: '' };
    }
  }
  throw new Unsupported(`strategies of type ${type} are not supported`);
}

/**
 * A percentage of the units.
 *
 * @param stickiness the context field that is hashed
 * @param percentage the parameter that has the percentage
 */
function gradualRollout(
  stickiness: string,
  percentage: string,
  parameters: Fields,
  featureKey: string,
  path: string,
): TypeAdmission {
  const given = Number(parameters.json(percentage));
  const groupId = asText(parameters.peek('groupId') || featureKey);
  // Unleash has a hundred buckets: fractions of a percent admit nobody.
  const share = Number.isFinite(given) ? Math.floor(Math.min(100, Math.max(0, given))) / 100 : 0;
  const isByUser = stickiness === 'default' || stickiness === 'userId';
  if (share < 1) parameters.ledger.changed(path, isByUser ? REASSIGNED : reassignedFrom(stickiness));
  // Everybody is admitted: the hash does not matter.
  else parameters.ledger.ignored.push(parameters.at('stickiness'));
  // Units without the context field are not admitted.
  const needsField = !isByUser && stickiness !== 'random';
  const conditions = needsField ? not(absent(attributeOf(stickiness))) : {};
  return { conditions, share, hash: `${stickiness}|${groupId}` };
}
