// flagd's own in-process provider is this, plus a connection to flagd.
import { FlagdCore } from '@openfeature/flagd-core';
import type { Provider } from '@openfeature/server-sdk';
import { configuration } from './flagd-configuration.js';
import { throughOpenFeature } from './openfeature.js';

const core = new FlagdCore();
core.setConfigurations(configuration);
const provider: Provider = {
  metadata: { name: 'flagd-core' },
  runsOn: 'server',
  resolveBooleanEvaluation: (...asked) => Promise.resolve(core.resolveBooleanEvaluation(...asked)),
  resolveStringEvaluation: (...asked) => Promise.resolve(core.resolveStringEvaluation(...asked)),
  resolveNumberEvaluation: (...asked) => Promise.resolve(core.resolveNumberEvaluation(...asked)),
  resolveObjectEvaluation: (...asked) => Promise.resolve(core.resolveObjectEvaluation(...asked)),
};

export const peer = await throughOpenFeature(provider);
