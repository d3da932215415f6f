// The evaluator of the API and of the JavaScript SDK. Both read the clock for each call, so this does too.
import { Evaluation } from '../../src/assignment/evaluation.js';
import { Ruleset } from '../../src/assignment/ruleset.js';
import { markDigest } from '../../src/secrets/pseudonym.js';
import type { Peer, Value } from './peer.js';
import { document } from './rampart-document.js';

interface Context extends Record<string, unknown> {
  targetingKey: string;
  country: string;
}

const ruleset = new Ruleset(document, { digest: markDigest });

function valueOf(key: string, context: Context): Value {
  const found = ruleset.evaluate(key, context.targetingKey, context, { now: Date.now(), stale: false });
  return found instanceof Evaluation ? (found.value as Value) : found;
}

export const peer: Peer<Context> = {
  call: 'ruleset.evaluate()',
  contextOf: ({ id, country }) => ({ targetingKey: id, country }),
  cases: {
    boolean: (context) => valueOf('boolean', context),
    split: (context) => valueOf('split', context),
    static: (context) => valueOf('static', context),
  },
};
