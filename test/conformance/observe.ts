// Runs in Node and in a page: nothing of either here.
import type { FlagType, Observed, Question } from './provider.js';

/** OpenFeature's methods for JavaScript, which has one kind of number. */
export const METHODS = {
  Boolean: 'getBooleanDetails',
  String: 'getStringDetails',
  Integer: 'getNumberDetails',
  Float: 'getNumberDetails',
  Object: 'getObjectDetails',
} as const satisfies Record<FlagType, string>;

type Details = Pick<Observed, 'flagKey' | 'variant' | 'reason'> & {
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

/** An evaluation, with all that can be seen of it from the outside. */
export async function observe(
  { context, hooks }: Question,
  evaluate: (hooks: Hook[]) => Details | Promise<Details>,
): Promise<Observed> {
  const stages: string[] = [];
  const watched = hooks.map((name): Hook => {
    const note = (stage: string) => (): void => void stages.push(`${stage} ${name}`);
    return { before: note('before'), after: note('after'), error: note('error'), finally: note('finally') };
  });
  let stalledMs = 0;
  let last = performance.now();
  const look = (): void => {
    const now = performance.now();
    stalledMs = Math.max(stalledMs, now - last);
    last = now;
  };
  const ticks = setInterval(look, TICK_MS);
  const details = await evaluate(watched);
  clearInterval(ticks);
  look();
  const frozen = Object.isFrozen(details.flagMetadata);
  return { ...details, context, stages, frozen, stalledMs } as Observed;
}
