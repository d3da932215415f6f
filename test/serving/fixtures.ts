import { Ruleset } from '../../src/assignment/ruleset.js';
import type { Evaluation } from '../../src/assignment/evaluation.js';
import { flagSchema, segmentSchema } from '../../src/model/flag.js';
import type { Fence, ServedExperiment } from '../../src/model/serving.js';
import { markDigest } from '../../src/secrets/pseudonym.js';
import { DocumentMaker } from '../../src/serving/document.js';

export const SALT = 'a salt';
export const markOf = (unit_id: string): string => markDigest(SALT + unit_id);

export interface Definitions {
  flags?: object[];
  segments?: object[];
  experiments?: ServedExperiment[];
  fences?: Fence[];
  opted_out?: string[];
}

/** The ruleset that a process would serve for these definitions. */
export function rulesetOf({
  flags = [],
  segments = [],
  experiments = [],
  fences = [],
  opted_out = [],
}: Definitions): Ruleset {
  const maker = new DocumentMaker({ environment: 'production', stale_after_ms: 600_000, salt: SALT });
  const stored = flags.map((flag) => flagSchema.parse({ enabled: true, ...flag }));
  const document = maker.make(1, {
    flags: new Map(stored.map((flag, n) => [flag.flag_id, { definition: flag, revision: n + 1 }])),
    segments: new Map(
      segments.map((segment) => segmentSchema.parse(segment)).map((segment) => [segment.segment_id, segment]),
    ),
    experiments: new Map(experiments.map((experiment) => [experiment.experiment_id, experiment])),
    fences,
    opted_out: new Set(opted_out),
  });
  return new Ruleset(document, { digest: markDigest });
}

export const NOW = { now: Date.parse('2026-01-01T00:00:00Z'), stale: false };

/** @throws if there is no evaluation */
export function evaluated(
  ruleset: Ruleset,
  key: string,
  unit: string | null = 'u',
  context: object = {},
  moment = NOW,
): Evaluation {
  const found = ruleset.evaluate(key, unit, context as Record<string, unknown>, moment);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

/** An experiment whose whole audience gets the treatment. */
export const SERVED: ServedExperiment = {
  experiment_id: 'e',
  flag_id: 'e',
  salt: 'e',
  started_at: 0,
  event_types: ['click'],
  value_limits: {},
  properties: [],
  control: 'control',
  variants: [
    { name: 'control', config: null },
    { name: 'treatment', config: { size: 2 } },
  ],
  audience: { include: ['active'], exclude: ['new'] },
  live: true,
  settled: false,
  holdouts: [],
  excluded: [],
  overrides: {},
  allocation: { revision: 3, epoch: 0, ranges: [{ from: 0, to: 10_000, variant: 'treatment', band: 1 }] },
};
