import type { Schemas } from '../api/client.js';
import { count } from './format.js';

type Unmeasured = Schemas['Results']['unmeasured'][number];

/** What a comparison lacks: `needs 1,000 values of control, has 370`. */
export function lackText({ code, arm, have, need }: Unmeasured): string {
  return `needs ${LACKS[code](count(need), arm)}, has ${count(have)}`;
}

const LACKS: Record<Unmeasured['code'], (need: string, arm: string) => string> = {
  too_few_units: (need, arm) => `${need} units of ${arm}`,
  no_threshold: (need, arm) => `${need} values of ${arm}`,
  zero_denominator: (need, arm) => `a denominator above 0 in ${arm}`,
};
