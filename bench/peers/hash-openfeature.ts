// The bare hash as a provider: this is what OpenFeature's client itself costs.
import type { EvaluationContext, Provider, ResolutionDetails } from '@openfeature/server-sdk';
import { peer as bare } from './hash.js';
import { throughOpenFeature } from './openfeature.js';

function resolved<T>(value: T): Promise<ResolutionDetails<T>> {
  return Promise.resolve({ value });
}

function notServed(): never {
  throw new Error('no case has such a flag');
}

const { boolean, split } = bare.cases;
const provider: Provider = {
  metadata: { name: 'hash' },
  runsOn: 'server',
  resolveBooleanEvaluation: (key: string, _: boolean, { targetingKey }: EvaluationContext) =>
    resolved(key === 'static' || (boolean!(targetingKey!) as boolean)),
  resolveStringEvaluation: (_key: string, _: string, { targetingKey }: EvaluationContext) =>
    resolved(split!(targetingKey!) as string),
  resolveNumberEvaluation: notServed,
  resolveObjectEvaluation: notServed,
};

export const peer = await throughOpenFeature(provider);
