import { z } from 'zod';
import type { Preview } from '../../src/lifecycle/preview.js';
import type { View } from '../../src/lifecycle/view.js';
import type * as answers from '../schemas/commands.js';

/** Of a call that may only be tried. */
export const previewQuery = z.strictObject({
  preview: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: only says what the call would do, and does nothing.'),
});

type Presented = Omit<Preview, 'refusal'> & { refusal: { code: string; text: string } | null };

export function presentPreview({
  allowed,
  refusal,
  before,
  after,
  effects,
}: Presented): z.output<typeof answers.preview> {
  return {
    allowed,
    refusal: refusal && { code: refusal.code, detail: refusal.text },
    before: standingOf(before),
    after: standingOf(after),
    effects,
  };
}

function standingOf({
  state,
  coverage,
  allocation,
  step,
  holds,
  paused,
  deadlines,
}: View): answers.StandingAnswer {
  return {
    ...{ state, coverage, allocation, step, deadlines },
    holds: holds.map(({ code }) => code),
    paused: paused !== null,
  };
}
