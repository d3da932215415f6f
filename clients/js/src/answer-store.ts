import { fnv32a } from '../../../src/assignment/hash.js';
import { readAnswers, type Answers, type Unanswered } from './answers.js';
import type { Found } from './resolution.js';

/** The last answers, kept in the browser for the next page: one set for each server and key. What the browser refuses is not kept. */
export class AnswerStore {
  private readonly name: string;

  constructor(baseUrl: string, apiKey: string) {
    this.name = `rampart:${fnv32a(`${baseUrl}\n${apiKey}`).toString(16)}`;
  }

  /** Null where there are none for this very context. Their reason is CACHED. */
  read(context: string, unit: string | null): Answers | null {
    try {
      const text = localStorage.getItem(this.name);
      if (text === null) return null;
      const kept = JSON.parse(text) as { context: string; body: string };
      if (kept.context !== context) return null;
      const { flags } = readAnswers(kept.body, unit, '');
      // The token for the stream has expired long ago.
      return { unit, flags: new Map([...flags].map(([key, flag]) => [key, cached(flag)])), stream: null };
    } catch {
      return null;
    }
  }

  write(context: string, body: string): void {
    try {
      localStorage.setItem(this.name, JSON.stringify({ context, body }));
    } catch {
      // Full, or forbidden.
    }
  }
}

function cached(flag: Found | Unanswered): Found | Unanswered {
  return 'reason' in flag ? { ...flag, reason: 'CACHED' } : flag;
}
