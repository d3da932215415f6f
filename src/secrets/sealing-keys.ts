import { NewestMap } from '../newest-map.js';
import { derive, type Purpose } from './derive.js';

/** The key that an installation begins with. */
export const FIRST_KEY = 'k1';

const KEY_ID = /^k([1-9]\d{0,8})$/;
/** Ids may come from outside, with what is to be opened: so many keys are remembered. */
const MOST_REMEMBERED = 100;

/** The id of the key after this one. */
export function nextKeyId(key_id: string): string {
  return `k${numberOf(key_id) + 1}`;
}

/** @throws if it is no id of a key */
function numberOf(key_id: string): number {
  const number = KEY_ID.exec(key_id)?.[1];
  if (number === undefined) throw new Error(`${key_id.slice(0, 20)} is no id of a key`);
  return Number(number);
}

/**
 * The keys of one purpose, by their ids. Each is derived from the deployment's secret and its id, so that every process can
 * open what any other sealed, also a moment after a rotation, and while no server answers.
 */
export class SealingKeys {
  private readonly known = new NewestMap<string, Buffer>(MOST_REMEMBERED);

  constructor(
    private readonly secret: string,
    private readonly purpose: Purpose,
  ) {}

  /** @throws if there is no key of this id */
  of(key_id: string): Buffer {
    const known = this.known.get(key_id);
    if (known) return known;
    const key = derive(this.secret, this.purpose, 32, `k${numberOf(key_id)}`);
    this.known.set(key_id, key);
    return key;
  }
}
