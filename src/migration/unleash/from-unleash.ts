import { assemble, planFlag } from '../assemble.js';
import { Fields } from '../fields.js';
import { IdMapping } from '../id-mapping.js';
import type { ImportResult } from '../import-result.js';
import { Ledger } from '../ledger.js';
import { readEach } from '../read-each.js';
import { SegmentImport } from '../segment-import.js';
import type { Selection } from '../selection.js';
import { clientFeatures } from './client-features.js';
import { exportedFeatures } from './exported-features.js';
import { FeaturePlanner } from './feature-planner.js';
import { IGNORED } from './ignored-fields.js';
import { readSegment, SegmentIdMapping } from './segments.js';

/**
 * Imports features of Unleash: its export (`features`, `featureStrategies`, `featureEnvironments`, …), or the answer of its
 * Client API (`features` with their strategies).
 *
 * @throws {RampartError} validation_failed, naming the path, where the document is neither
 */
export function fromUnleash(
  document: unknown,
  selection: Selection = {},
  ledger = new Ledger(),
): ImportResult {
  const file = new Fields(document, '', ledger);
  if (!file.has('features')) file.missing('features');
  const isExport = file.has('featureStrategies') || file.has('featureEnvironments');
  const { found: features, lost } = isExport
    ? exportedFeatures(file, selection)
    : clientFeatures(file, selection);
  const sources = readEach(file.members('segments'), 'id', ledger, readSegment);
  file.close(IGNORED.document);
  const ids = new IdMapping(
    features.map(({ key }) => key),
    'features',
    ledger,
    (key) => features.find((feature) => feature.key === key)!.path,
  );
  const segmentIds = new SegmentIdMapping(sources.found, ledger);
  const segments = new SegmentImport(sources.found, sources.lost, segmentIds, ledger);
  const planner = new FeaturePlanner(features, segments, ledger);
  const results = features.map((feature) =>
    planFlag(feature, () => planner.plan(feature, ids.of(feature.key)!)),
  );
  return assemble([...lost, ...results], segments, ledger);
}
