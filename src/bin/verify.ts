import { parseArgs } from 'node:util';
import type { Certificate } from '../certificates/certificate.js';
import { chainFindings, findingsIn } from '../certificates/verify.js';
import { problemOf } from '../errors.js';
import { VERSION } from '../version.js';
import { readJson } from './output.js';

/** `verify FILE…`: 0 where every certificate holds, and the chain between them; 1 where one does not; 2 for no input. */
export async function verifyCommand(argv: string[]): Promise<number> {
  try {
    const { positionals } = parseArgs({ args: argv, allowPositionals: true });
    const files = positionals.length === 0 ? [undefined] : positionals;
    const read = await Promise.all(files.map((file) => readJson(file === undefined ? [] : [file])));
    const certificates = read.flatMap(listed);
    const findings = certificates.flatMap((one) => findingsIn(one, VERSION));
    if (findings.length === 0) findings.push(...chainFindings(certificates as Certificate[]));
    process.stdout.write(
      `${JSON.stringify({ valid: findings.length === 0, certificates: certificates.length, findings })}\n`,
    );
    return findings.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${JSON.stringify(problemOf(error))}\n`);
    return 2;
  }
}

/** One certificate, a list of them, or a page of a list. */
function listed(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const items = (value as { items?: unknown } | null)?.items;
  return Array.isArray(items) ? items : [value];
}
