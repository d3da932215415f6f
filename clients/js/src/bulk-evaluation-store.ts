import { fnv32a } from '../../../src/assignment/hash.js';
import { readBulkEvaluation, type BulkEvaluation, type FlagError } from './bulk-evaluation.js';
import type { EvaluatedFlag } from './resolution.js';

/**
 * Keeps the last bulk evaluation in localStorage for the next page, one for each server and key. Does nothing where the
 * browser refuses.
 */
export class BulkEvaluationStore {
  private readonly name: string;

  constructor(baseUrl: string, apiKey: string) {
    this.name = `rampart:${fnv32a(`${baseUrl}\n${apiKey}`).toString(16)}`;
  }

  /** The flags have the reason CACHED. Null where the last evaluation was not for this context. */
  read(context: string, unit: string | null): BulkEvaluation | null {
    try {
      const text = localStorage.getItem(this.name);
      if (text === null) return null;
      const kept = JSON.parse(text) as { context: string; body: string };
      if (kept.context !== context) return null;
      const { flags } = readBulkEvaluation(kept.body, unit, '');
      // The token of the stream has expired long ago.
      return { unit, flags: new Map([...flags].map(([key, flag]) => [key, cached(flag)])), stream: null };
    } catch {
      return null;
    }
  }

  write(context: string, body: string): void {
    try {
      localStorage.setItem(this.name, JSON.stringify({ context, body }));
    } catch {
      // Storage is full or forbidden.
    }
  }
}

function cached(flag: EvaluatedFlag | FlagError): EvaluatedFlag | FlagError {
  return 'reason' in flag ? { ...flag, reason: 'CACHED' } : flag;
}
