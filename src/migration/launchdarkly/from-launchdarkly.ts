import { assemble, planFlag } from '../assemble.js';
import { Fields, isObject } from '../fields.js';
import { IdMapping } from '../id-mapping.js';
import type { ImportResult } from '../import-result.js';
import { Ledger } from '../ledger.js';
import { SegmentImport } from '../segment-import.js';
import type { Selection } from '../selection.js';
import type { SegmentMembership } from './clauses.js';
import { FlagPlanner } from './flag-planner.js';
import { IGNORED } from './ignored-fields.js';
import { restFlags } from './rest-flags.js';
import { sdkFlags, valueFlag } from './sdk-flags.js';
import { readSegments } from './segments.js';

/**
 * Imports flag data of LaunchDarkly: as its SDKs and Relay Proxies have it (`flags`, `segments`, `flagValues`), or as its
 * REST API lists flags (`items`, optionally with `segments` as a list beside them).
 *
 * @throws {RampartError} validation_failed, naming the path, where the document is neither
 */
export function fromLaunchdarkly(
  document: unknown,
  selection: Selection = {},
  ledger = new Ledger(),
): ImportResult {
  const file = new Fields(document, '', ledger);
  // The stream of a Relay Proxy wraps everything in `data`.
  if (isObject(file.peek('data'))) return fromLaunchdarkly(file.peek('data'), selection, ledger);
  const { found: flags, lost } = file.has('items') ? restFlags(file, selection) : sdkFlags(file);
  const flagValues = file.object('flagValues');
  const membership: SegmentMembership = (key) => segments.membership(key);
  const sources = readSegments(file, membership);
  file.close(IGNORED.document);
  const ids = new IdMapping(
    [...flags.map(({ key }) => key), ...(flagValues?.names() ?? [])],
    'flags',
    ledger,
  );
  const segmentIds = new IdMapping(
    sources.found.map(({ key }) => key),
    'segments',
    ledger,
  );
  const segments: SegmentImport = new SegmentImport(sources.found, sources.lost, segmentIds, ledger);
  const planner = new FlagPlanner(flags, membership);
  const results = flags.map((flag) => planFlag(flag, () => planner.plan(flag, ids.of(flag.key)!)));
  const isFlag = (key: string): boolean => [...flags, ...lost].some((flag) => flag.key === key);
  const values = Object.entries(flagValues?.raw() ?? {});
  const valueFlags = values
    .filter(([key]) => !isFlag(key))
    .map(([key, value]) => ({ plan: valueFlag(key, ids.of(key)!, value, flagValues!.at(key)) }));
  for (const [key] of values) {
    if (isFlag(key)) ledger.lost(flagValues!.at(key), 'the flag is also among `flags`');
  }
  return assemble([...lost, ...results, ...valueFlags], segments, ledger);
}
