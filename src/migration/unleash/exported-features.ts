import type { Json } from '../../model/json.js';
import type { Fields } from '../fields.js';
import { chosenEnvironment, loseOtherEnvironment, ofProject, type Selection } from '../selection.js';
import { tagsOf } from '../tags-and-metadata.js';
import { IGNORED } from './ignored-fields.js';
import {
  projectOf,
  readDependency,
  readDescription,
  readStrategy,
  readVariant,
  type FeatureDependency,
  type UnleashFeature,
} from './unleash-feature.js';

/** The records of an export that refer to features by name, with those of one environment only. */
interface ExportRecords {
  environment: string | undefined;
  settings: Fields[];
  strategies: Fields[];
  segmentLinks: { strategy: Json | undefined; segment: Json }[];
  tags: { feature: string; tag: string }[];
  dependencies: { feature: string; dependencies: FeatureDependency[] }[];
}

/** The features of an export, with the settings of one environment. */
export function exportedFeatures(file: Fields, selection: Selection): UnleashFeature[] {
  const settings = file.objects('featureEnvironments');
  const strategies = file.objects('featureStrategies');
  const environment = chosenEnvironment(
    [...settings, ...strategies].flatMap((record) => record.string('environment') ?? []),
    selection,
  );
  const isChosen = (record: Fields): boolean => {
    const own = record.string('environment');
    if (own === undefined || own === environment) return true;
    record.raw();
    loseOtherEnvironment(record, environment);
    return false;
  };
  const records: ExportRecords = {
    environment,
    settings: settings.filter(isChosen),
    strategies: strategies.filter(isChosen),
    segmentLinks: file.objects('featureStrategySegments').map(readSegmentLink),
    tags: file.objects('featureTags').map(readTag),
    dependencies: file.objects('dependencies').map(readDependencies),
  };
  return ofProject(file.objects('features'), projectOf, selection).map((feature) =>
    exportedFeature(feature, records),
  );
}

function readSegmentLink(link: Fields): ExportRecords['segmentLinks'][number] {
  const read = { strategy: link.json('featureStrategyId'), segment: link.json('segmentId') ?? null };
  link.close();
  return read;
}

function readTag(tag: Fields): ExportRecords['tags'][number] {
  const type = tag.string('tagType') ?? tag.string('type') ?? 'simple';
  const value = tag.string('tagValue') ?? tag.string('value') ?? '';
  const read = {
    feature: tag.requiredString('featureName'),
    tag: type === 'simple' ? value : `${type}:${value}`,
  };
  tag.close(IGNORED.tag);
  return read;
}

function readDependencies(record: Fields): ExportRecords['dependencies'][number] {
  const read = {
    feature: record.requiredString('feature'),
    dependencies: record.objects('dependencies').map(readDependency),
  };
  record.close();
  return read;
}

function exportedFeature(feature: Fields, records: ExportRecords): UnleashFeature {
  const { environment } = records;
  const base = readDescription(feature);
  const name = base.key;
  const settings = records.settings.find((record) => record.requiredString('featureName') === name);
  const strategies = strategiesOf(name, records);
  const isArchived = feature.boolean('archived') === true || Boolean(feature.peek('archivedAt'));
  const tags = records.tags.filter((record) => record.feature === name).map(({ tag }) => tag);
  const read: UnleashFeature = {
    ...base,
    about: {
      ...base.about,
      tags: tagsOf(tags, feature.path, feature.ledger),
      ...(environment !== undefined && { environments: [environment] }),
    },
    enabled: settings?.boolean('enabled') ?? false,
    strategies: strategies.map(readStrategy),
    variants: [...feature.objects('variants'), ...(settings?.objects('variants') ?? [])].map(readVariant),
    dependencies: records.dependencies
      .filter((record) => record.feature === name)
      .flatMap(({ dependencies }) => dependencies),
    lost: isArchived ? 'it is archived' : undefined,
  };
  settings?.close(IGNORED.environment);
  feature.close(IGNORED.feature);
  return read;
}

/** The strategies of a feature in their order, with the segments that are linked to them. */
function strategiesOf(feature: string, { strategies, segmentLinks }: ExportRecords): Fields[] {
  const own = strategies
    .filter((strategy) => strategy.requiredString('featureName') === feature)
    .sort((a, b) => (a.number('sortOrder') ?? 0) - (b.number('sortOrder') ?? 0));
  for (const strategy of own) {
    const linked = segmentLinks
      .filter((link) => link.strategy === strategy.peek('id'))
      .map(({ segment }) => segment);
    const inline = (strategy.peek('segments') as Json[] | undefined) ?? [];
    if (linked.length > 0) strategy.set('segments', [...inline, ...linked]);
  }
  return own;
}
