// flagd's evaluator, as its in-process providers use it. It compiles targeting, which is its default.
import { FlagdCore } from '@openfeature/flagd-core';
import { configuration } from './flagd-configuration.js';
import type { Peer } from './peer.js';

interface Context extends Record<string, string> {
  targetingKey: string;
  country: string;
}

const core = new FlagdCore();
core.setConfigurations(configuration);

export const peer: Peer<Context> = {
  call: 'resolveBooleanEvaluation(), resolveStringEvaluation()',
  contextOf: ({ id, country }) => ({ targetingKey: id, country }),
  cases: {
    boolean: (context) => core.resolveBooleanEvaluation('boolean', false, context).value,
    split: (context) => core.resolveStringEvaluation('split', '', context).value,
    static: (context) => core.resolveBooleanEvaluation('static', false, context).value,
  },
};
