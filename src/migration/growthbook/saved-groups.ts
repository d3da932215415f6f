import type { Json } from '../../model/json.js';
import { oneOf, type Conditions } from '../build-conditions.js';
import type { Fields, Member } from '../fields.js';
import { IdMapping } from '../id-mapping.js';
import { Unsupported } from '../migration-errors.js';
import { readEach } from '../read-each.js';
import { SegmentImport, type SourceSegment } from '../segment-import.js';
import { attributeOf, growthbookConditions, type GroupMembership } from './growthbook-conditions.js';
import { IGNORED } from './ignored-fields.js';
import { conditionOf } from './string-values.js';

/** A saved group that lists values of an attribute. In payloads only the conditions that use it name the attribute. */
interface ValueList {
  values: Json[];
  attribute: string | undefined;
}

/** Saved groups become segments. A list that does not name its attribute gets that of the first condition that uses it. */
export function importSavedGroups(file: Fields): { segments: SegmentImport; membership: GroupMembership } {
  const lists = new Map<string, ValueList>();
  const membership: GroupMembership = (id, attribute) => {
    const list = lists.get(id);
    if (!list) return segments.membership(id);
    list.attribute ??= attribute;
    if (attribute === undefined || attribute === list.attribute) return segments.membership(id);
    return oneOf(attributeOf(attribute), list.values);
  };
  const { found: groups, lost } = readEach(groupsIn(file), 'id', file.ledger, savedGroup);
  for (const { key, list } of groups) if (list) lists.set(key, list);
  const sources = groups.map(({ key, path, description, list, condition }): SourceSegment => {
    const changed = (message: string): void => file.ledger.changed(path, message);
    const conditions = (): Conditions =>
      list ? listConditions(list) : growthbookConditions(condition, { group: membership, changed });
    return { key, path, description, conditions };
  });
  const ids = new IdMapping(
    sources.map(({ key }) => key),
    'savedGroups',
    file.ledger,
    (key) => sources.find((source) => source.key === key)!.path,
  );
  const segments: SegmentImport = new SegmentImport(sources, lost, ids, file.ledger);
  return { segments, membership };
}

/** Groups of the REST API, or of a payload, where a group may be only its values. */
function groupsIn(file: Fields): Member[] {
  return file
    .members('savedGroups')
    .map((member) => (Array.isArray(member.value) ? { ...member, value: { values: member.value } } : member));
}

interface SavedGroup {
  key: string;
  path: string;
  description?: string;
  /** Null where the group is a condition. */
  list: ValueList | null;
  condition: Json;
}

function savedGroup(fields: Fields, key: string): SavedGroup {
  const description = [fields.string('name') ?? fields.string('groupName'), fields.string('description')]
    .filter(Boolean)
    .join(': ');
  const condition = conditionOf(fields.json('condition') ?? {}, fields.at('condition'));
  const isList = (fields.string('type') ?? 'list') === 'list';
  const list = isList ? readList(fields) : null;
  noteIfEmpty(fields, list, condition);
  fields.close(IGNORED.savedGroup);
  return { key, path: fields.path, description, list, condition };
}

/** Only groups of the REST API say what they are: payloads have no rule for an empty one that is ignored. */
function noteIfEmpty(group: Fields, list: ValueList | null, condition: Json): void {
  const isEmpty = list ? list.values.length === 0 : Object.keys(condition as object).length === 0;
  if (isEmpty && group.has('type'))
    group.ledger.changed(
      group.path,
      `is empty: here ${list ? 'nobody is' : 'everybody is'} in it, where GrowthBook may ignore it in the targeting of a rule`,
    );
}

function readList(group: Fields): ValueList {
  return { values: group.list('values'), attribute: group.string('attributeKey') };
}

function listConditions({ values, attribute }: ValueList): Conditions {
  if (attribute === undefined)
    throw new Unsupported('nothing refers to it, and it does not name the attribute that it lists');
  return oneOf(attributeOf(attribute), values);
}
