import type { Certificate } from '../certificates/certificate.js';
import { sha256 } from '../secrets/sha256.js';
import { chainFindings, findingsIn } from '../certificates/verify.js';
import { orProblem, print, readJson } from './output.js';
import { parseOptions } from './parse-options.js';

/** `verify FILE…`: 0 if every certificate and the chain between them hold, 1 if not, 2 if the input is wrong. */
export function verifyCommand(argv: string[]): Promise<number> {
  return orProblem(async () => {
    const { positionals } = parseOptions({ args: argv, allowPositionals: true });
    const files = positionals.length === 0 ? [undefined] : positionals;
    const read = await Promise.all(files.map((file) => readJson(file === undefined ? [] : [file])));
    const certificates = read.flatMap(certificatesIn);
    const findings = certificates.flatMap((one) => findingsIn(one, sha256));
    if (findings.every(({ code }) => code === 'engine_version'))
      findings.push(...chainFindings(certificates as Certificate[]));
    print({ valid: findings.length === 0, certificates: certificates.length, findings });
    return findings.length === 0 ? 0 : 1;
  });
}

/** The certificates of a file: it has one, a list of them, or a page of a list. */
function certificatesIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const items = (value as { items?: unknown } | null)?.items;
  return Array.isArray(items) ? items : [value];
}
