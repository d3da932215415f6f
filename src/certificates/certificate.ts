import canonicalize from 'canonicalize';
import type { Look } from '../lifecycle/look.js';
import type { RowId } from '../lifecycle/decisions/rows.js';
import type { Plan } from '../lifecycle/plan.js';
import type { Circumstances, DecisionKind, DecisionRecord, Reason } from '../lifecycle/state.js';
import { evidenceFor } from '../metrics/evidence-for.js';
import type { PolicyDocument } from '../model/policy.js';
import { iso } from '../iso.js';
import type { Evidence } from '../stats/evidence.js';
import type { AnalyzeInput } from '../stats/input.js';

/** SHA-256 of a text in UTF-8, as 64 hexadecimal digits. It is passed in: browsers have no node:crypto. */
export type Sha256 = (text: string) => string;

/** The sums of one look: the input of `analyze`, with the snapshot's id. */
export type CertifiedSnapshot = { snapshot_id: string } & AnalyzeInput;
/** A look without its evidence, which is recomputed. */
export type CertifiedLook = Omit<Look, 'evidence' | 'limits_at_full_alpha'>;

/**
 * A decision with everything it rests on (the sums, the policy, the plan and the state), so that anybody can take it
 * again without a server. `hash` is SHA-256 over the canonical JSON (RFC 8785) of all other fields, among them the hash
 * of the decision before.
 */
export interface Certificate {
  certificate_version: 1;
  experiment_id: string;
  n: number;
  /** ISO 8601. */
  at: string;
  row: RowId;
  decision: DecisionKind;
  variant?: string;
  reasons: Reason[];
  policy: PolicyDocument;
  /** Of the engine that decided: only that one takes the decision again. */
  engine_version: number;
  /** Null where a person decided (row `stop`): nothing was computed. */
  snapshot: CertifiedSnapshot | null;
  evidence: Evidence | null;
  circumstances: {
    plan: Omit<Plan, 'policy'>;
    state: Circumstances;
    look: CertifiedLook;
    /** Present if the fixed test was taken on an earlier look. */
    final?: { snapshot: CertifiedSnapshot; look: CertifiedLook };
  } | null;
  previous_hash: string | null;
  hash: string;
}

/** A stored look with the sums that it was made of. */
export interface Measured {
  input: AnalyzeInput;
  look: Look;
}

export interface CertificateInput {
  plan: Plan;
  policy: PolicyDocument;
  decision: DecisionRecord;
  /** The looks that the decision names, by snapshot id. */
  measured: ReadonlyMap<string, Measured>;
  previous_hash: string | null;
}

/** The certificate of a decision. The same input gives the same bytes. */
export function certificateOf(input: CertificateInput, sha256: Sha256): Certificate {
  const { plan, policy, decision, measured, previous_hash } = input;
  const { n, at, row, reasons, variant, snapshot_id, circumstances } = decision;
  const look = snapshot_id === null ? undefined : measured.get(snapshot_id);
  const { policy: _, ...withoutPolicy } = plan;
  const final_id = circumstances?.final_snapshot_id ?? null;
  const final = final_id === null || final_id === snapshot_id ? undefined : measured.get(final_id);
  const body: Omit<Certificate, 'hash'> = {
    certificate_version: 1,
    experiment_id: plan.experiment_id,
    n,
    at: iso(at),
    row,
    decision: decision.decision,
    ...(variant !== undefined && { variant }),
    reasons,
    policy,
    engine_version: plan.engine_version,
    snapshot: look ? snapshotOf(look) : null,
    evidence: look?.look.evidence ?? null,
    circumstances:
      look && circumstances
        ? {
            plan: withoutPolicy,
            state: circumstances,
            look: withoutEvidence(look.look),
            ...(final && { final: { snapshot: snapshotOf(final), look: withoutEvidence(final.look) } }),
          }
        : null,
    previous_hash,
  };
  return { ...body, hash: hashOf(body, sha256) };
}

function snapshotOf({ input, look }: Measured): CertifiedSnapshot {
  return { snapshot_id: look.snapshot_id, ...input };
}

function withoutEvidence({ evidence: _, limits_at_full_alpha: __, ...look }: Look): CertifiedLook {
  return look;
}

export function hashOf(body: object, sha256: Sha256): string {
  return sha256(canonical(body));
}

/** Canonical JSON (RFC 8785): equal values have the same text, whatever the order of their keys. */
export function canonical(value: unknown): string {
  // Through JSON once, which drops fields that are undefined.
  return canonicalize(JSON.parse(JSON.stringify(value))) ?? 'null';
}

/** The whole look, its evidence computed again from the sums. */
export function lookAgain(
  plan: Plan,
  { snapshot_id: _, ...certified }: CertifiedSnapshot,
  look: CertifiedLook,
): Look {
  // Arms are compared in the order of the plan, even if some tool has changed the order of keys.
  const names = plan.arms.map((arm) => arm.variant).filter((name) => name in certified.allocation);
  const allocation = Object.fromEntries(names.map((name) => [name, certified.allocation[name]!]));
  return { ...look, ...evidenceFor(plan, { ...certified, allocation }) };
}
