import type { Json } from '../../model/json.js';
import { assemble, planFlag } from '../assemble.js';
import { Fields } from '../fields.js';
import { IdMapping } from '../id-mapping.js';
import type { ImportResult } from '../import-result.js';
import { Ledger } from '../ledger.js';
import { readEach } from '../read-each.js';
import { SegmentImport } from '../segment-import.js';
import { memberPath } from '../source-path.js';
import { metadataOf } from '../tags-and-metadata.js';
import { FlagReader } from './flag-reader.js';
import { IGNORED } from './ignored-fields.js';
import { conditionsOf, isBoolean, type Scope } from './jsonlogic-to-conditions.js';

/**
 * Imports a flag file of flagd (https://flagd.dev/schema/v0/flags.json).
 *
 * @throws {RampartError} validation_failed, naming the path, where the document is not a flag file
 */
export function fromFlagd(document: unknown, ledger = new Ledger()): ImportResult {
  const file = new Fields(document, '', ledger);
  if (!file.has('flags')) file.missing('flags');
  const evaluators = file.object('$evaluators')?.raw() ?? {};
  const metadata = metadataOf(file.object('metadata'));
  const { found: flags, lost } = readEach(file.members('flags'), 'key', ledger, (fields, key) => ({
    key,
    path: fields.path,
    fields,
  }));
  file.close(IGNORED.document);
  const ids = new IdMapping(
    flags.map(({ key }) => key),
    'flags',
    ledger,
  );
  const { segments, evaluator } = importEvaluators(evaluators, ledger);
  const results = flags.map((flag) =>
    planFlag(flag, () => {
      const { key, fields } = flag;
      const changed = (message: string): void => ledger.changed(fields.at('targeting'), message);
      const own: Scope = { evaluator, changed, flagKey: key };
      return new FlagReader(key, fields, own, evaluators).plan(ids.of(key)!, metadata);
    }),
  );
  return assemble([...lost, ...results], segments, ledger);
}

/** Evaluators that are conditions become segments; the others are copied into the flags that refer to them. */
function importEvaluators(
  evaluators: Readonly<Record<string, Json>>,
  ledger: Ledger,
): { segments: SegmentImport; evaluator: Scope['evaluator'] } {
  const conditional = Object.keys(evaluators).filter((name) => isBoolean(evaluators[name]!, evaluators));
  const evaluator: Scope['evaluator'] = (name) => segments.membership(name);
  const sources = conditional.map((key) => {
    const path = memberPath('$evaluators', key);
    const scope: Scope = { evaluator, changed: (message) => ledger.changed(path, message) };
    return { key, path, conditions: () => conditionsOf(evaluators[key]!, scope) };
  });
  for (const name of Object.keys(evaluators)) {
    if (conditional.includes(name)) continue;
    ledger.changed(
      memberPath('$evaluators', name),
      'is not a condition: it is copied into the flags that refer to it',
    );
  }
  const ids = new IdMapping(conditional, '$evaluators', ledger);
  const segments: SegmentImport = new SegmentImport(sources, [], ids, ledger);
  return { segments, evaluator };
}
