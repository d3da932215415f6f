import { isObject, namesIn, type Fields } from '../fields.js';
import type { FlagDescription, PlannedVariant } from '../flag-plan.js';
import { Unsupported } from '../migration-errors.js';
import { readEach, type Lost } from '../read-each.js';
import { chosenEnvironment, loseOtherEnvironment, type Selection } from '../selection.js';
import { tagsOf, type FlagMetadata } from '../tags-and-metadata.js';
import { nameVariants } from '../variant-names.js';
import { IGNORED } from './ignored-fields.js';
import type { LaunchdarklyFlag } from './launchdarkly-flag.js';

/** The flags of the REST API's answer, with the settings of one environment, and those that it spoils. */
export function restFlags(file: Fields, selection: Selection): { found: LaunchdarklyFlag[]; lost: Lost[] } {
  const members = file.members('items');
  const environment = chosenEnvironment(
    members.flatMap(({ value }) => (isObject(value) ? namesIn(value['environments']) : [])),
    selection,
  );
  noteOtherPages(file, members.length);
  return readEach(members, 'key', file.ledger, (flag, key) => restFlag(flag, key, environment));
}

/** The REST API answers page by page. */
function noteOtherPages(file: Fields, count: number): void {
  const total = file.number('totalCount');
  if (total !== undefined && total > count)
    file.ledger.lost(
      file.at('totalCount'),
      `the document has ${count} of ${total} flags: it is one page of several`,
    );
}

/** @throws {Unsupported} where the flag has no settings for the environment */
function restFlag(flag: Fields, key: string, environment: string | undefined): LaunchdarklyFlag {
  const { path } = flag;
  const environments = flag.entries('environments');
  const settings = environments.find(([name]) => name === environment)?.[1];
  for (const [name, other] of environments) {
    if (name !== environment) loseOtherEnvironment(other, environment);
  }
  const variants = readVariants(flag);
  const about = readDescription(flag, key, environment);
  const defaults = flag.object('defaults');
  const isArchived = flag.boolean('archived') === true;
  if (!settings) {
    flag.close(IGNORED.flag);
    throw new Unsupported(`it has no settings for ${environment ?? 'any environment'}`);
  }
  const read = {
    key,
    path,
    about,
    variants,
    settings,
    on: settings.boolean('on') ?? false,
    // The flag's defaults apply where the environment names none.
    offVariation: settings.number('offVariation') ?? defaults?.number('offVariation'),
    close: () => settings.close(IGNORED.environment),
    lost: isArchived ? 'it is archived' : undefined,
  };
  defaults?.close(IGNORED.defaults);
  flag.close(IGNORED.flag);
  return read;
}

function readDescription(flag: Fields, key: string, environment: string | undefined): FlagDescription {
  const [name, description] = [flag.string('name'), flag.string('description')];
  const maintainer = flag.object('_maintainer');
  const owner =
    maintainer?.string('email') ?? flag.string('maintainerTeamKey') ?? flag.string('maintainerId');
  maintainer?.close(IGNORED.maintainer);
  return {
    metadata: readMetadata(flag),
    description: [name === key ? undefined : name, description].filter(Boolean).join(': '),
    tags: tagsOf(flag.strings('tags'), flag.at('tags'), flag.ledger),
    ...(owner && { owner }),
    ...(environment !== undefined && { environments: [environment] }),
  };
}

function readMetadata(flag: Fields): FlagMetadata {
  const metadata: FlagMetadata = {};
  const temporary = flag.boolean('temporary');
  if (temporary !== undefined) metadata['temporary'] = temporary;
  const properties = flag.has('customProperties') ? flag.entries('customProperties') : [];
  for (const [id, property] of properties) {
    metadata[id] = property.strings('value').join(', ');
    property.close(IGNORED.customProperty);
  }
  return metadata;
}

/** Variations keep the names that they have, where these are unique. */
function readVariants(flag: Fields): PlannedVariant[] {
  const variations = flag.objects('variations');
  const unnamed = nameVariants(
    variations.map((variation) => ({ value: variation.json('value') ?? null, path: variation.path })),
    'variation',
  );
  const names = variations.map((variation) => variation.string('name'));
  const variants = unnamed.map((variant, index) => {
    const own = names[index];
    const isTaken =
      names.some((name, other) => name === own && other !== index) ||
      unnamed.some(({ name }, other) => name === own && other !== index);
    const description = variations[index]!.string('description');
    return { ...variant, name: own && !isTaken ? own : variant.name, description };
  });
  for (const variation of variations) variation.close(IGNORED.variation);
  return variants;
}
