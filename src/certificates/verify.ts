import { decide } from '../lifecycle/decide.js';
import type { DecisionState } from '../lifecycle/decisions/situation.js';
import { ROW } from '../lifecycle/decisions/rows.js';
import type { Look } from '../lifecycle/look.js';
import type { Plan } from '../lifecycle/plan.js';
import { ENGINE_VERSION } from '../model/engine.js';
import { policySchema } from '../model/policy.js';
import { verifierOf } from './engine-releases.js';
import { canonical, hashOf, lookAgain, type Certificate, type Sha256 } from './certificate.js';

export type FindingCode =
  'not_a_certificate' | 'hash' | 'evidence' | 'decision' | 'at' | 'chain' | 'engine_version';

/**
 * Whether a computed value is a stated one. Programs of another make round the last digits of exponentials and logarithms
 * differently, which is no forgery.
 */
export type Same = (computed: unknown, stated: unknown) => boolean;
const toTheBit: Same = (computed, stated) => canonical(computed) === canonical(stated);

/** Why a certificate does not hold, and which decision it is of. */
export interface Finding {
  n: number | null;
  code: FindingCode;
  text: string;
}

/**
 * Takes a decision again from its certificate alone: the hash from the content, the evidence from the sums, and the
 * decision from the evidence, bit for bit. Empty where everything holds. A certificate of another engine is not taken again, for this one may decide otherwise; the finding says which release
 * verifies it. Its hash is checked all the same.
 *
 * @param value the certificate as parsed JSON; anything else is a finding, not an error
 * @param same whether what was computed is what is stated; to the last bit where nothing else is given
 */
export function findingsIn(value: unknown, sha256: Sha256, same: Same = toTheBit): Finding[] {
  const n = (value as Partial<Certificate> | null)?.n ?? null;
  try {
    return findings(value as Certificate, sha256, same);
  } catch {
    return [{ n, code: 'not_a_certificate', text: 'fields of a certificate are missing or malformed' }];
  }
}

function findings(certificate: Certificate, sha256: Sha256, same: Same): Finding[] {
  const { hash, ...body } = certificate;
  const { n, at, row, decision, variant, reasons, policy, snapshot, evidence, circumstances } = certificate;
  const found: Finding[] = [];
  const add = (code: FindingCode, text: string): void => void found.push({ n, code, text });
  if (hashOf(body, sha256) !== hash) add('hash', 'the hash does not match the content');
  const { engine_version: engine } = certificate;
  if (!Number.isInteger(engine)) throw new TypeError('not a certificate');
  if (engine !== ENGINE_VERSION) {
    const text = `not verified: engine ${engine} decided it, and this program has engine ${ENGINE_VERSION}; ${verifierOf(engine)}`;
    add('engine_version', text);
    return found;
  }
  if (snapshot === null || circumstances === null) {
    if (row !== ROW.stop)
      add('evidence', `a decision by row ${row} rests on numbers, and the certificate has none`);
    return found;
  }
  const { plan, state, look } = retaken({ policy, snapshot, circumstances });
  if (!same(look.evidence, evidence)) {
    add('evidence', 'the evidence is not what the sums give');
  }
  const taken = decide(plan, state, look, Date.parse(at)).decision;
  const stated = { row, decision, reasons, ...(variant !== undefined && { variant }) };
  if (!same(taken, stated)) {
    add('decision', `the table decides ${taken?.decision ?? 'nothing'} by row ${taken?.row ?? '-'}`);
  }
  return found;
}

/** All that a decision is a function of. */
export interface Retaken {
  plan: Plan;
  state: DecisionState;
  look: Look;
}

/** What a decision rested on, the evidence computed again from its sums. @throws where fields are missing or malformed */
export function retaken({
  policy,
  snapshot,
  circumstances: { plan: withoutPolicy, state, look, final },
}: Rested): Retaken {
  const plan: Plan = { ...withoutPolicy, policy: policySchema.parse(policy) };
  const again = lookAgain(plan, snapshot, look);
  const final_look: Look | null =
    state.final_snapshot_id === null ? null : final ? lookAgain(plan, final.snapshot, final.look) : again;
  return { plan, state: { ...state, final_look }, look: again };
}

type Rested = Pick<Certificate, 'policy'> & {
  [Field in 'snapshot' | 'circumstances']: NonNullable<Certificate[Field]>;
};

/** What is wrong with the chain of an experiment's certificates, given in any order: each names the hash of the one before. */
export function chainFindings(certificates: readonly Certificate[]): Finding[] {
  const ordered = [...certificates].sort((a, b) => a.n - b.n);
  return ordered.flatMap((certificate, index): Finding[] => {
    const before = ordered[index - 1];
    if (certificate.n === 1 && certificate.previous_hash !== null) {
      return [{ n: 1, code: 'chain', text: 'the first decision must not name one before it' }];
    }
    if (!before || before.n !== certificate.n - 1 || before.experiment_id !== certificate.experiment_id)
      return [];
    if (certificate.previous_hash === before.hash) return [];
    return [{ n: certificate.n, code: 'chain', text: `it does not follow decision ${before.n}` }];
  });
}
