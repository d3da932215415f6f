import { z } from 'zod';

/** Shares are in hundredths of a per cent, because that is what one of the 10,000 slots is. */
const STEP = 0.01;

/** A share in per cent with up to two decimals. `multipleOf` alone takes numbers that are too small for it. */
export function percentSchema(least: number, most: number) {
  return z
    .number()
    .min(least)
    .max(most)
    .multipleOf(STEP)
    .refine((share) => share === 0 || Math.abs(share) >= STEP, {
      message: `must be a multiple of ${STEP}`,
      params: { code: 'out_of_range' },
    });
}
