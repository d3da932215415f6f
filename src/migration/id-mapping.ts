import { idSchema } from '../model/id.js';
import type { Ledger } from './ledger.js';
import { memberPath } from './source-path.js';

const MAX_LENGTH = 128;

/**
 * Their keys as our ids. A key that is a valid id stays. In others, characters that ids cannot have become `-`, and a
 * number is appended where the result is taken already. Each renamed key is noted.
 */
export class IdMapping {
  private readonly ids = new Map<string, string>();

  constructor(
    keys: Iterable<string>,
    path: string,
    ledger: Ledger,
    pathOf = (key: string) => memberPath(path, key),
  ) {
    const distinct = [...new Set(keys)];
    const taken = new Set(distinct.filter((key) => idSchema.safeParse(key).success));
    for (const key of distinct) {
      if (taken.has(key) && !this.ids.has(key)) {
        this.ids.set(key, key);
        continue;
      }
      const id = firstFree(validId(key), taken);
      taken.add(id);
      this.ids.set(key, id);
      ledger.changed(pathOf(key), `is renamed ${id}: ids have only letters, digits and . _ : -`);
    }
  }

  of(key: string): string | undefined {
    return this.ids.get(key);
  }
}

function validId(key: string): string {
  const id = key
    .replace(/[^A-Za-z0-9._:-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, MAX_LENGTH);
  return id === '' ? 'unnamed' : id;
}

function firstFree(id: string, taken: ReadonlySet<string>): string {
  if (!taken.has(id)) return id;
  for (let n = 2; ; n += 1) {
    const candidate = `${id.slice(0, MAX_LENGTH - 1 - String(n).length)}-${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}
