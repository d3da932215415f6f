import { allOf, anyOf, not, oneOf, type Conditions } from '../build-conditions.js';
import type { Fields } from '../fields.js';
import { Unsupported } from '../migration-errors.js';
import { readEach, type Lost } from '../read-each.js';
import type { SourceSegment } from '../segment-import.js';
import { attributeIn, clausesOf, contextKindOf, noteContextKind, type SegmentMembership } from './clauses.js';
import { IGNORED } from './ignored-fields.js';

/** Segments by their keys (SDK data) or as a list (REST API), and those that the document spoils. */
export function readSegments(
  file: Fields,
  membership: SegmentMembership,
): { found: SourceSegment[]; lost: Lost[] } {
  return readEach(file.members('segments'), 'key', file.ledger, (segment, key) =>
    readSegment(key, segment, membership),
  );
}

function readSegment(key: string, segment: Fields, membership: SegmentMembership): SourceSegment {
  const { ledger } = segment;
  const name = segment.string('name');
  const description = [name === key ? undefined : name, segment.string('description')]
    .filter(Boolean)
    .join(': ');
  const isBig = segment.boolean('unbounded') ?? false;
  const isDeleted = segment.peek('deleted') === true;
  const included = listed(segment, 'included', 'includedContexts');
  const excluded = listed(segment, 'excluded', 'excludedContexts');
  const rules = segment.objects('rules').map(readRule);
  if (segment.has('tags') && segment.strings('tags').length > 0)
    ledger.lost(segment.at('tags'), 'segments have no tags here');
  segment.close(IGNORED.segment);
  return {
    key,
    path: segment.path,
    description,
    conditions: () => {
      if (isDeleted) throw new Unsupported('it is deleted');
      if (isBig) throw new Unsupported('it is a big segment, whose members are not in the document');
      const byRules = rules
        .map((rule) => ruleConditions(rule, membership))
        .filter((conditions) => conditions !== null);
      return anyOf([included, allOf([not(excluded), anyOf(byRules)])]);
    },
  };
}

interface SegmentRule {
  fields: Fields;
  /** Of 100,000: how many of the units that the rule matches are in the segment. */
  weight: number | undefined;
}

function readRule(fields: Fields): SegmentRule {
  const weight = fields.number('weight');
  // They say which units the weight selects, and a weight is not supported.
  fields.json('bucketBy');
  fields.json('rolloutContextKind');
  return { fields, weight };
}

/** Null where the rule is lost, which is noted. */
function ruleConditions({ fields, weight }: SegmentRule, membership: SegmentMembership): Conditions | null {
  try {
    const clauses = clausesOf(fields, membership);
    if (weight !== undefined && weight < 100_000)
      throw new Unsupported('a segment cannot have a share of units');
    fields.close(IGNORED.rule);
    return clauses;
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    fields.ledger.lost(fields.path, `the rule of the segment is left out: ${error.message}`);
    return null;
  }
}

/** Users by their keys, and contexts of other kinds by theirs. */
function listed(segment: Fields, users: string, contexts: string): Conditions {
  const userKeys = segment.strings(users);
  const contextTargets = segment.objects(contexts).map((target) => {
    const kind = contextKindOf(target);
    const condition = oneOf(attributeIn(kind, 'key', false), target.strings('values'));
    if (kind !== 'user') noteContextKind(kind, target.path, segment.ledger);
    target.close();
    return condition;
  });
  return anyOf([oneOf('targetingKey', userKeys), ...contextTargets]);
}
