import type { Json } from '../../model/json.js';
import { oneOf, type Conditions } from '../build-conditions.js';
import { Fields } from '../fields.js';
import { IdMapping } from '../id-mapping.js';
import type { Ledger } from '../ledger.js';
import { malformed, Unsupported } from '../migration-errors.js';
import { SegmentImport, type SourceSegment } from '../segment-import.js';
import { memberPath } from '../source-path.js';
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
  const groups = savedGroups(file);
  for (const { key, list } of groups) if (list) lists.set(key, list);
  const sources = groups.map(({ key, path, description, list, condition }): SourceSegment => {
    const conditions = (): Conditions =>
      list ? listConditions(list) : growthbookConditions(condition, membership);
    return { key, path, description, conditions };
  });
  const ids = new IdMapping(
    sources.map(({ key }) => key),
    'savedGroups',
    file.ledger,
    (key) => sources.find((source) => source.key === key)!.path,
  );
  const segments: SegmentImport = new SegmentImport(sources, ids, file.ledger);
  return { segments, membership };
}

interface SavedGroup {
  key: string;
  path: string;
  description?: string;
  /** Null where the group is a condition. */
  list: ValueList | null;
  condition: Json;
}

/** From a payload (lists of values, or groups by their ids) or from the REST API (a list of groups). */
function savedGroups(file: Fields): SavedGroup[] {
  if (Array.isArray(file.peek('savedGroups')))
    return file
      .objects('savedGroups')
      .map((group) => savedGroup(group.requiredString('id'), group.raw(), group.path, file.ledger));
  return Object.entries(file.object('savedGroups')?.raw() ?? {}).map(([key, group]) =>
    savedGroup(key, group, memberPath('savedGroups', key), file.ledger),
  );
}

function savedGroup(key: string, group: Json, path: string, ledger: Ledger): SavedGroup {
  if (Array.isArray(group))
    return { key, path, list: { values: group, attribute: undefined }, condition: {} };
  const fields = new Fields(group, path, ledger);
  const description = [fields.string('name') ?? fields.string('groupName'), fields.string('description')]
    .filter(Boolean)
    .join(': ');
  const condition = conditionOf(fields.json('condition') ?? {}, fields.at('condition'));
  const isList = (fields.string('type') ?? 'list') === 'list';
  const list = isList ? readList(fields) : null;
  fields.close(IGNORED.savedGroup);
  return { key, path, description, list, condition };
}

function readList(group: Fields): ValueList {
  const values = group.json('values') ?? [];
  if (!Array.isArray(values)) throw malformed(group.at('values'), 'must be a list');
  return { values, attribute: group.string('attributeKey') };
}

function listConditions({ values, attribute }: ValueList): Conditions {
  if (attribute === undefined)
    throw new Unsupported('nothing refers to it, and it does not name the attribute that it lists');
  return oneOf(attributeOf(attribute), values);
}
