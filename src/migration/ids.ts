import { idSchema } from '../model/id.js';
import type { Ledger } from './ledger.js';
import { member } from './fields.js';

const LONGEST = 128;

/**
 * Their keys as our ids. A key that obeys our grammar stays; in others what does not becomes `-`, and a number is
 * appended where the result is taken already. Each that is not the key itself is noted.
 */
export class Ids {
  private readonly ids = new Map<string, string>();

  constructor(
    keys: Iterable<string>,
    path: string,
    ledger: Ledger,
    located = (key: string) => member(path, key),
  ) {
    const all = [...new Set(keys)];
    const taken = new Set(all.filter((key) => idSchema.safeParse(key).success));
    for (const key of all) {
      if (taken.has(key) && !this.ids.has(key)) {
        this.ids.set(key, key);
        continue;
      }
      const id = free(mended(key), taken);
      taken.add(id);
      this.ids.set(key, id);
      ledger.changed(located(key), `is called ${id} here: ids are letters, digits and . _ : -`);
    }
  }

  of(key: string): string | undefined {
    return this.ids.get(key);
  }
}

function mended(key: string): string {
  const id = key
    .replace(/[^A-Za-z0-9._:-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, LONGEST);
  return id === '' ? 'unnamed' : id;
}

function free(id: string, taken: ReadonlySet<string>): string {
  if (!taken.has(id)) return id;
  for (let n = 2; ; n += 1) {
    const next = `${id.slice(0, LONGEST - 1 - String(n).length)}-${n}`;
    if (!taken.has(next)) return next;
  }
}
