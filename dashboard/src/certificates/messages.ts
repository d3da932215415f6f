import type { Certificate } from '../../../src/certificates/certificate.js';
import type { Verdict } from './verdict.js';
import type { WalkedRow } from './walk.js';

/** What the worker is asked, and what it answers. */
export type Question =
  | { kind: 'walk'; certificate: Certificate }
  | { kind: 'verify'; certificate: Certificate; earlier: Certificate[] };

export interface Answers {
  walk: WalkedRow[] | null;
  verify: Verdict;
}

export type Asked = Question & { id: number };
export type Told = { id: number; answer: Answers[Question['kind']] } | { id: number; error: string };
