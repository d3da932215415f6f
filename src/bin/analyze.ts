import { analyze } from '../metrics/evidence-for.js';
import { answering, readJson } from './output.js';

/** `analyze FILE|-`: the evidence from sums. */
export function analyzeCommand(argv: string[]): Promise<number> {
  return answering(async () => analyze(await readJson(argv)));
}
