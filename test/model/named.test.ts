import { describe, expect, it } from 'vitest';
import { experimentSchema } from '../../src/model/experiment.js';
import { flagSchema } from '../../src/model/flag.js';
import type { z } from 'zod';

function wrong(schema: z.ZodType, value: unknown): string[] {
  return schema.safeParse(value).error!.issues.map(({ path }) => path.join('.'));
}

describe('what has a name each', () => {
  it('has what is wrong with a name, and what is wrong under it, told at once', () => {
    const success_metrics = { primary: ['click_through_rate'] };
    const experiment = {
      experiment_id: 'e',
      success_metrics,
      variants: { 'no spaces': { traffic: -1 }, control: { traffic: 50 }, '': { traffic: 'ten' } },
    };
    expect(wrong(experimentSchema, experiment)).toEqual(
      expect.arrayContaining([
        ...['variants.no spaces', 'variants.no spaces.traffic', 'variants.', 'variants..traffic'],
      ]),
    );
    const flag = { flag_id: 'f', enabled: true, variants: { 'a b': { weight: 'x' } }, metadata: { '?': [] } };
    expect(wrong(flagSchema, flag)).toEqual(
      expect.arrayContaining(['variants.a b', 'variants.a b.weight', 'metadata.?']),
    );
  });

  it('is no record where it is none', () => {
    for (const variants of [null, [], 'a', 1])
      expect(wrong(flagSchema, { flag_id: 'f', variants })).toContain('variants');
  });
});
