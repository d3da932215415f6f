// Runs in Node and in a page: it must not use anything that only one of them has.
import type { FlagType, ObservedEvaluation, EvaluationRequest } from './provider.js';

/** OpenFeature's methods by type. JavaScript has one type of numbers. */
export const METHODS = {
  Boolean: 'getBooleanDetails',
  String: 'getStringDetails',
  Integer: 'getNumberDetails',
  Float: 'getNumberDetails',
  Object: 'getObjectDetails',
} as const satisfies Record<FlagType, string>;

type Details = Pick<ObservedEvaluation, 'flagKey' | 'variant' | 'reason'> & {
  value: unknown;
  errorCode?: string;
  errorMessage?: string;
  flagMetadata: object;
};

interface Hook {
  before(): void;
  after(): void;
  error(): void;
  finally(): void;
}

const TICK_MS = 5;

/** Makes an evaluation and records everything that can be observed from outside. */
export async function observe(
  { context, hooks }: EvaluationRequest,
  evaluate: (hooks: Hook[]) => Details | Promise<Details>,
): Promise<ObservedEvaluation> {
  const stages: string[] = [];
  const recordingHooks = hooks.map((name): Hook => {
    const record = (stage: string) => (): void => void stages.push(`${stage} ${name}`);
    return {
      before: record('before'),
      after: record('after'),
      error: record('error'),
      finally: record('finally'),
    };
  });
  let stalledMs = 0;
  let last = performance.now();
  const measureStall = (): void => {
    const now = performance.now();
    stalledMs = Math.max(stalledMs, now - last);
    last = now;
  };
  const ticks = setInterval(measureStall, TICK_MS);
  const details = await evaluate(recordingHooks);
  clearInterval(ticks);
  measureStall();
  const frozen = Object.isFrozen(details.flagMetadata);
  return { ...details, context, stages, frozen, stalledMs } as ObservedEvaluation;
}
