import type { Certificate, Sha256 } from '../../../src/certificates/certificate.js';
import { canonical, hashOf } from '../../../src/certificates/certificate.js';
import { chainFindings, findingsIn, retaken, type Finding } from '../../../src/certificates/verify.js';
import { alike } from './alike.js';
import { differencesIn } from './differences.js';

/** What this browser found when it took a decision again. */
export interface Verdict {
  /** Whether everything could be taken again: an older engine's numbers cannot, nor can what a person decided. */
  recomputed: boolean;
  findings: Finding[];
  /** Where the evidence is not what the sums give: each difference as a sentence. */
  differences: string[];
  /** Whether the numbers are equal to the last digit, which browsers round differently. */
  exact: boolean;
  /** Comparisons whose numbers were computed again. */
  comparisons: number;
  /** The hash as it follows from the content. */
  hash: string;
  /** Certificates of the chain that were looked at, this one among them. */
  links: number;
}

/**
 * Takes a decision again from its certificate.
 *
 * @param earlier the certificates before it, in any order
 */
export function verdictOf(
  certificate: Certificate,
  earlier: readonly Certificate[],
  sha256: Sha256,
): Verdict {
  const { hash: _, ...body } = certificate;
  const own = findingsIn(certificate, sha256, alike);
  const { snapshot, circumstances, policy, evidence } = certificate;
  const isOtherEngine = own.some(({ code }) => code === 'engine_version');
  const recomputed = snapshot !== null && circumstances !== null && !isOtherEngine;
  const isReadable = !own.some(({ code }) => code === 'not_a_certificate');
  const again = recomputed && isReadable ? retaken({ policy, snapshot, circumstances }).look.evidence : null;
  return {
    recomputed,
    findings: [
      ...own,
      ...earlier.flatMap((one) => hashFinding(one, sha256)),
      ...chainFindings([...earlier, certificate]),
    ],
    differences: again === null ? [] : differencesIn(evidence, again),
    exact: again === null || canonical(again) === canonical(evidence),
    comparisons: (again?.metrics ?? []).reduce((sum, { comparisons }) => sum + comparisons.length, 0),
    hash: hashOf(body, sha256),
    links: earlier.length + 1,
  };
}

function hashFinding(certificate: Certificate, sha256: Sha256): Finding[] {
  const { hash, n, ...rest } = certificate;
  if (hashOf({ n, ...rest }, sha256) === hash) return [];
  return [{ n, code: 'chain', text: `the hash of decision ${n} does not match its content` }];
}
