import { flagSchema, type FlagInput } from '../../src/model/flag.js';
import { DocumentMaker } from '../../src/serving/document.js';

const FLAGS: readonly FlagInput[] = [
  { flag_id: 'boolean', enabled: true, rollout_percentage: 50 },
  {
    flag_id: 'split',
    rules: [{ conditions: { country: 'US' }, value: 'a' }],
    variants: { a: { weight: 34 }, b: { weight: 33 }, c: { weight: 33 } },
  },
  { flag_id: 'static', enabled: true },
];

/** The flags of the cases, in the format of `GET /v1/snapshot`. */
export const document = new DocumentMaker({
  environment: 'production',
  stale_after_ms: 600_000,
  salt: 'salt',
}).make(1, {
  flags: new Map(
    FLAGS.map((flag) => [flag.flag_id, { definition: flagSchema.parse(flag), revision: 1 }] as const),
  ),
  segments: new Map(),
  experiments: new Map(),
  fences: [],
  opted_out: new Set(),
});
