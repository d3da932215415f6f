import { Ruleset } from '../assignment/ruleset.js';
import type { RulesetDocument } from '../assignment/document.js';
import { validationFailed } from '../errors.js';
import type { Flag, Segment } from '../model/flag.js';
import { markDigest } from '../secrets/pseudonym.js';
import { flagRules, segmentRules } from '../serving/rules.js';

/** What a definition is compiled into before it is saved: serving leaves out what it cannot compile, and nobody hears of it. */
const EMPTY: RulesetDocument = {
  format: 1,
  revision: 0,
  environment: 'any',
  stale_after_ms: 0,
  salt: '',
  segments: {},
  flags: [],
  experiments: [],
  opted_out: [],
};

/** An environment that no definition names. */
const ELSEWHERE = '';

/**
 * All rules of a flag must compile. Environments only choose among them, so that each is compiled once, however many
 * environments the flag names.
 *
 * @throws {RampartError} validation_failed
 */
export function assertFlagServable({ environments: _everywhere, ...flag }: Flag): void {
  const rules = flag.rules?.map(({ environments: _here, ...rule }) => rule);
  const everywhere: Flag = { ...flag, ...(rules && { rules }) };
  const served = flagRules({ flag: everywhere, revision: 0, experiments: [], environment: ELSEWHERE });
  assertCompiles({ ...EMPTY, flags: [served] });
}

/** @throws {RampartError} validation_failed */
export function assertSegmentServable(segment: Segment): void {
  const { segment_id } = segment;
  // Segments are compiled where a flag refers to them.
  const flag: Flag = { flag_id: 'any', enabled: true, target_segments: [segment_id] };
  const user = flagRules({ flag, revision: 0, experiments: [], environment: ELSEWHERE });
  assertCompiles({ ...EMPTY, segments: { [segment_id]: segmentRules(segment) }, flags: [user] });
}

function assertCompiles(document: RulesetDocument): void {
  const { broken } = new Ruleset(document, { digest: markDigest });
  if (broken.length === 0) return;
  throw validationFailed(
    broken.map(({ message }) => ({
      path: '',
      code: 'invalid_value',
      message: `could not be served: ${message}`,
    })),
  );
}
