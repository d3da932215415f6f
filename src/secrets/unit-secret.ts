import type { FieldSealing, Sealed } from './field-sealing.js';

/** What documents about single units keep sealed. */
export interface UnitSecret {
  unit_id: string;
  /** That a person gave it; only of overrides. */
  variant?: string;
}

/** @throws {RampartError} unavailable */
export function sealUnit(sealing: Pick<FieldSealing, 'seal'>, unit: UnitSecret): Promise<Sealed> {
  return sealing.seal(JSON.stringify(unit));
}

/** Null where the record was damaged, or sealed under another secret: one such keeps nobody from reading the others. */
export function openUnit(sealing: Pick<FieldSealing, 'open'>, sealed: Sealed): UnitSecret | null {
  try {
    return JSON.parse(sealing.open(sealed)) as UnitSecret;
  } catch {
    return null;
  }
}
