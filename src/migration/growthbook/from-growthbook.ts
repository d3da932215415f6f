import { assemble, planFlag } from '../assemble.js';
import { Fields } from '../fields.js';
import { IdMapping } from '../id-mapping.js';
import type { ImportResult } from '../import-result.js';
import { Ledger } from '../ledger.js';
import { malformed } from '../migration-errors.js';
import type { Selection } from '../selection.js';
import { FeaturePlanner } from './feature-planner.js';
import { IGNORED } from './ignored-fields.js';
import { payloadFeatures } from './payload-features.js';
import { restFeatures } from './rest-features.js';
import { importSavedGroups } from './saved-groups.js';

/**
 * Imports features of GrowthBook: the payload of its SDKs (`features` by key), or the answer of its REST API (`features` as
 * a list, optionally with `savedGroups` of the REST API beside it).
 *
 * @throws {RampartError} validation_failed, naming the path, where the document is neither
 */
export function fromGrowthbook(
  document: unknown,
  selection: Selection = {},
  ledger = new Ledger(),
): ImportResult {
  const file = new Fields(document, '', ledger);
  if (file.has('encryptedFeatures') || file.has('encryptedSavedGroups')) {
    throw malformed(
      'encryptedFeatures',
      'is encrypted: use the payload of an SDK connection without encryption',
    );
  }
  if (!file.has('features')) file.missing('features');
  const { found: features, lost } = Array.isArray(file.peek('features'))
    ? restFeatures(file, selection)
    : payloadFeatures(file);
  for (const { path } of file.members('experiments')) {
    ledger.lost(path, 'is an experiment on pages (visual editor, URL redirect), not a flag');
  }
  const { segments, membership } = importSavedGroups(file);
  noteOtherPages(file);
  file.close(IGNORED.document);
  const ids = new IdMapping(
    features.map(({ key }) => key),
    'features',
    ledger,
  );
  const planner = new FeaturePlanner(features, membership, ledger);
  const results = features.map((feature) =>
    planFlag(feature, () => planner.plan(feature, ids.of(feature.key)!)),
  );
  return assemble([...lost, ...results], segments, ledger);
}

/** The REST API answers page by page. */
function noteOtherPages(file: Fields): void {
  if (file.json('hasMore') === true)
    file.ledger.lost(
      file.at('hasMore'),
      'the document is one page of several: the flags of the others are not in it',
    );
}
