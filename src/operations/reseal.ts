import { iso } from '../iso.js';
import type { FieldSealing } from '../secrets/field-sealing.js';
import type { KeyringDocument } from '../store/keyring.js';
import { SEALED_FIELDS, type SealedField } from '../store/sealed-fields.js';
import type { Store } from '../store/store.js';

/** Batches of one kind of field that one round seals anew, each of at most 100 documents. */
const BATCHES_A_ROUND = 20;
/**
 * A key is retired no sooner than this after the rotation, ms: until then a process may seal with what it knew before. What
 * comes later still is sealed anew by a later round.
 */
const SETTLED_AFTER_MS = 10_000;

/** What one round did. */
interface Resealed {
  resealed: number;
  unreadable: number;
  /** Whether nothing is left that could be sealed anew. */
  complete: boolean;
}

/** Brings sealed fields under the present key, in small steps, while everything runs. */
export class Resealer {
  constructor(
    private readonly store: Pick<Store, 'keyring' | 'sealedFields'>,
    private readonly sealing: Pick<FieldSealing, 'open' | 'sealWith'>,
    private readonly batches = BATCHES_A_ROUND,
  ) {}

  /** One round. @param now ms since the epoch */
  async round(now: number, progressed: () => void): Promise<void> {
    const { keyring } = this.store;
    const ring = await keyring.read();
    const sum: Resealed = { resealed: 0, unreadable: 0, complete: isSettled(ring, now) };
    for (const field of SEALED_FIELDS) {
      const { resealed, unreadable, complete } = await this.resealField(field, ring.current, progressed);
      sum.resealed += resealed;
      sum.unreadable += unreadable;
      sum.complete &&= complete;
    }
    if (isNews(ring, sum)) await keyring.note(ring, { at: iso(now), ...sum });
  }

  private async resealField(field: SealedField, current: string, progressed: () => void): Promise<Resealed> {
    const { sealedFields } = this.store;
    const unreadable = new Set<string>();
    let resealed = 0;
    for (let batch = 0; batch < this.batches; batch += 1) {
      progressed();
      const found = await sealedFields.sealedByOthers(field, current, unreadable);
      if (found.length === 0) return { resealed, unreadable: unreadable.size, complete: true };
      const changes = found.flatMap((before) => {
        try {
          return [{ before, sealed: this.sealing.sealWith(current, this.sealing.open(before.sealed)) }];
        } catch {
          unreadable.add(before._id);
          return [];
        }
      });
      await sealedFields.replace(field, changes);
      resealed += changes.length;
    }
    return { resealed, unreadable: unreadable.size, complete: false };
  }
}

function isSettled({ current, keys }: KeyringDocument, now: number): boolean {
  const since = keys.find(({ key_id }) => key_id === current)?.created_at;
  return since !== undefined && now - Date.parse(since) >= SETTLED_AFTER_MS;
}

/** Whether a round is worth a write: it did something, or an older key waits to be retired. */
function isNews({ current, keys, round }: KeyringDocument, { resealed, unreadable }: Resealed): boolean {
  const isWaiting = keys.some(({ key_id, retired_at }) => key_id !== current && retired_at === null);
  return isWaiting || resealed > 0 || unreadable !== (round?.unreadable ?? 0);
}
