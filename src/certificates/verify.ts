import { decide } from '../lifecycle/decide.js';
import { ROW } from '../lifecycle/decisions/rows.js';
import type { Plan } from '../lifecycle/plan.js';
import { policySchema } from '../model/policy.js';
import type { Look } from '../lifecycle/look.js';
import { canonical, hashOf, lookAgain, type Certificate } from './certificate.js';

export type FindingCode =
  'not_a_certificate' | 'hash' | 'evidence' | 'decision' | 'at' | 'chain' | 'engine_version';

/** Why a certificate does not hold, and of which decision. */
export interface Finding {
  n: number | null;
  code: FindingCode;
  text: string;
}

/**
 * Takes a decision again from its certificate alone: the hash, the evidence from the sums, and the decision from the
 * evidence, bit for bit. Empty where everything holds.
 *
 * @param engine_version of this program: another one may compute other last digits, and the finding says so
 */
export function findingsIn(value: unknown, engine_version: string): Finding[] {
  const n = (value as Partial<Certificate> | null)?.n ?? null;
  try {
    return findings(value as Certificate, engine_version);
  } catch {
    return [{ n, code: 'not_a_certificate', text: 'fields of a certificate are missing or malformed' }];
  }
}

function findings(certificate: Certificate, engine_version: string): Finding[] {
  const { hash, ...body } = certificate;
  const { n, at, row, decision, variant, reasons, policy, snapshot, evidence, circumstances } = certificate;
  const found: Finding[] = [];
  const add = (code: FindingCode, text: string): void => void found.push({ n, code, text });
  if (hashOf(body) !== hash) add('hash', 'the hash does not fit the content');
  if (snapshot === null || circumstances === null) {
    if (row !== ROW.stop) add('evidence', `a decision by row ${row} rests on numbers, and there are none`);
    return found;
  }
  const { plan: bare, state, look, final } = circumstances;
  const plan: Plan = { ...bare, policy: policySchema.parse(policy) };
  const again = lookAgain(plan, snapshot, look);
  if (canonical(again.evidence) !== canonical(evidence)) {
    add('evidence', 'the evidence is not what the sums give');
  }
  const final_look: Look | null =
    state.final_snapshot_id === null ? null : final ? lookAgain(plan, final.snapshot, final.look) : again;
  const taken = decide(plan, { ...state, final_look }, again, Date.parse(at)).decision;
  const stated = { row, decision, reasons, ...(variant !== undefined && { variant }) };
  if (canonical(taken) !== canonical(stated)) {
    add('decision', `the table decides ${taken?.decision ?? 'nothing'} by row ${taken?.row ?? '-'}`);
  }
  if (found.length > 0 && certificate.engine_version !== engine_version) {
    add('engine_version', `made by version ${certificate.engine_version}, verified by ${engine_version}`);
  }
  return found;
}

/** The chain of one experiment's certificates, in any order: each names the hash of the one before. */
export function chainFindings(certificates: readonly Certificate[]): Finding[] {
  const ordered = [...certificates].sort((a, b) => a.n - b.n);
  return ordered.flatMap((one, index): Finding[] => {
    const before = ordered[index - 1];
    if (one.n === 1 && one.previous_hash !== null) {
      return [{ n: 1, code: 'chain', text: 'the first decision has none before it' }];
    }
    if (!before || before.n !== one.n - 1 || before.experiment_id !== one.experiment_id) return [];
    if (one.previous_hash === before.hash) return [];
    return [{ n: one.n, code: 'chain', text: `does not follow decision ${before.n}` }];
  });
}
