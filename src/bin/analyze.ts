import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { failure, problemOf, validationFailed } from '../errors.js';
import { analyze, AnalyzeInputError } from '../stats/analyze.js';

/** `analyze FILE|-`: 0 with the evidence on standard output, 2 with a problem document on standard error. */
export async function analyzeCommand([file, ...more]: string[]): Promise<number> {
  try {
    if (file === undefined || more.length > 0)
      throw failure('validation_failed', 'name one file, or - for standard input');
    const source = file === '-' ? await text(process.stdin) : await read(file);
    process.stdout.write(`${JSON.stringify(analyze(parse(source)))}\n`);
    return 0;
  } catch (error) {
    const known = error instanceof AnalyzeInputError ? validationFailed(error.errors) : error;
    process.stderr.write(`${JSON.stringify(problemOf(known))}\n`);
    return 2;
  }
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    throw failure('validation_failed', `${file} can not be read`);
  });
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    throw failure('malformed_json', 'the input is not JSON');
  }
}
