import { isObject, type Fields } from '../fields.js';
import { malformed } from '../migration-errors.js';
import { readEach, type Lost } from '../read-each.js';
import { ofProject, type Selection } from '../selection.js';
import { tagsOf } from '../tags-and-metadata.js';
import { ExportedRecords } from './exported-records.js';
import { IGNORED } from './ignored-fields.js';
import {
  projectOf,
  readDescription,
  readStrategy,
  readVariant,
  type UnleashFeature,
} from './unleash-feature.js';

/** The features of an export, with the settings of one environment, and those that it spoils. */
export function exportedFeatures(
  file: Fields,
  selection: Selection,
): { found: UnleashFeature[]; lost: Lost[] } {
  const members = file.members('features');
  const names = members.flatMap(({ value }) => nameOf(value) ?? []);
  const records = new ExportedRecords(file, new Set(names), selection);
  const chosen = ofProject(members, projectOf, selection, file.ledger);
  return readEach(chosen, 'name', file.ledger, (feature) => exportedFeature(feature, records));
}

function nameOf(feature: unknown): string | undefined {
  const name = isObject(feature) ? feature['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function exportedFeature(feature: Fields, records: ExportedRecords): UnleashFeature {
  const { environment, strayStrategy } = records;
  const base = readDescription(feature);
  const { settings, strategies, tags, dependencies, fault } = records.of(base.key);
  if (fault) throw fault;
  const enabled = settings?.boolean('enabled') ?? false;
  // Without strategies it would be served to everybody.
  if (enabled && strategies.length === 0 && strayStrategy !== undefined)
    throw malformed(feature.path, `has no strategy, and ${strayStrategy} does not say whose it is`);
  const isArchived = feature.boolean('archived') === true || Boolean(feature.peek('archivedAt'));
  const read: UnleashFeature = {
    ...base,
    about: {
      ...base.about,
      tags: tagsOf(tags, feature.path, feature.ledger),
      ...(environment !== undefined && { environments: [environment] }),
    },
    enabled,
    strategies: inOrder(strategies).map(readStrategy),
    variants: [...feature.objects('variants'), ...(settings?.objects('variants') ?? [])].map(readVariant),
    dependencies,
    lost: isArchived ? 'it is archived' : undefined,
  };
  settings?.close(IGNORED.environment);
  feature.close(IGNORED.feature);
  return read;
}

function inOrder(strategies: readonly Fields[]): Fields[] {
  const places = new Map(strategies.map((strategy) => [strategy, strategy.number('sortOrder') ?? 0]));
  if (strategies.length === 1) strategies[0]!.ledger.ignored.push(strategies[0]!.at('sortOrder'));
  return [...strategies].sort((a, b) => places.get(a)! - places.get(b)!);
}
