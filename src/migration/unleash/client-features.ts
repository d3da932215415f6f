import type { Fields } from '../fields.js';
import { readEach, type Lost } from '../read-each.js';
import { ofProject, type Selection } from '../selection.js';
import { IGNORED } from './ignored-fields.js';
import {
  projectOf,
  readDependency,
  readDescription,
  readStrategy,
  readVariant,
  type UnleashFeature,
} from './unleash-feature.js';

/** The features of the Client API's answer, and those that it spoils. */
export function clientFeatures(
  file: Fields,
  selection: Selection,
): { found: UnleashFeature[]; lost: Lost[] } {
  const members = ofProject(file.members('features'), projectOf, selection, file.ledger);
  return readEach(members, 'name', file.ledger, (feature) => {
    const read: UnleashFeature = {
      ...readDescription(feature),
      enabled: feature.boolean('enabled') ?? false,
      strategies: feature.objects('strategies').map(readStrategy),
      variants: feature.objects('variants').map(readVariant),
      dependencies: feature.objects('dependencies').map(readDependency),
    };
    feature.close(IGNORED.feature);
    return read;
  });
}
