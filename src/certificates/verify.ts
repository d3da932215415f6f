import { decide } from '../lifecycle/decide.js';
import type { Look } from '../lifecycle/look.js';
import type { Plan } from '../lifecycle/plan.js';
import { policySchema } from '../model/policy.js';
import { canonical, hashOf, lookAgain, type Certificate } from './certificate.js';

export type FindingCode =
  'not_a_certificate' | 'hash' | 'evidence' | 'decision' | 'at' | 'chain' | 'engine_version';

/** Why the certificate of decision `n` does not hold. */
export interface Finding {
  n: number | null;
  code: FindingCode;
  text: string;
}

/**
 * Repeats a decision from its certificate alone: the hash, the evidence from the sums, and the decision from the
 * evidence, bit for bit. Empty if everything holds.
 *
 * @param engine_version of this program. If the certificate was made by another version, whose last digits may differ,
 *   a finding says so
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
  if (hashOf(body) !== hash) add('hash', 'the hash does not match the content');
  if (snapshot === null || circumstances === null) {
    if (row !== 1) add('evidence', `a decision by row ${row} needs a snapshot, and there is none`);
    return found;
  }
  const { plan: bare, state, look, final } = circumstances;
  const plan: Plan = { ...bare, policy: policySchema.parse(policy) };
  const again = lookAgain(plan, snapshot, look);
  if (canonical(again.evidence) !== canonical(evidence)) {
    add('evidence', 'the evidence does not follow from the sums');
  }
  const final_look: Look | null =
    state.final_snapshot_id === null ? null : final ? lookAgain(plan, final.snapshot, final.look) : again;
  const taken = decide(plan, { ...state, final_look }, again, Date.parse(at)).decision;
  const stated = { row, decision, reasons, ...(variant !== undefined && { variant }) };
  if (canonical(taken) !== canonical(stated)) {
    add(
      'decision',
      taken === null
        ? 'the decision table decides nothing here'
        : `the decision table decides ${taken.decision} by row ${taken.row}`,
    );
  }
  if (found.length > 0 && certificate.engine_version !== engine_version) {
    add('engine_version', `made by version ${certificate.engine_version}, verified by ${engine_version}`);
  }
  return found;
}

/** Checks the chain of one experiment's certificates, in any order: each names the hash of the previous one. */
export function chainFindings(certificates: readonly Certificate[]): Finding[] {
  const ordered = [...certificates].sort((a, b) => a.n - b.n);
  return ordered.flatMap(({ n, experiment_id, previous_hash }, index): Finding[] => {
    const before = ordered[index - 1];
    if (n === 1 && previous_hash !== null) {
      return [{ n: 1, code: 'chain', text: 'the first decision names a previous hash' }];
    }
    if (!before || before.n !== n - 1 || before.experiment_id !== experiment_id) return [];
    if (previous_hash === before.hash) return [];
    return [{ n, code: 'chain', text: `does not follow decision ${before.n}` }];
  });
}
