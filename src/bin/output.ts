import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { ConfigError } from '../config.js';
import { failure, problemOf, validationFailed } from '../errors.js';
import { AnalyzeInputError } from '../stats/parse-input.js';
import { Unreachable } from './http.js';

/** One JSON answer on standard output and 0; where the input is wrong, a problem document on standard error and 2. */
export function answering(answer: () => Promise<unknown>): Promise<number> {
  return orProblem(async () => {
    process.stdout.write(`${JSON.stringify(await answer())}\n`);
    return 0;
  });
}

/** What the work answers; where the input is wrong, a problem document on standard error and 2. */
export async function orProblem(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    // One line that names what to set, as of every command.
    if (error instanceof ConfigError || error instanceof Unreachable) throw error;
    const known = error instanceof AnalyzeInputError ? validationFailed(error.errors) : error;
    process.stderr.write(`${JSON.stringify(problemOf(known))}\n`);
    return 2;
  }
}

/** The JSON of a file, or of standard input where it is `-`. @throws {RampartError} validation_failed, malformed_json */
export async function readJson([file, ...more]: readonly string[]): Promise<unknown> {
  if (file === undefined || more.length > 0)
    throw failure('validation_failed', 'name one file, or - for standard input');
  const source = file === '-' ? await text(process.stdin) : await read(file);
  try {
    return JSON.parse(source);
  } catch {
    throw failure('malformed_json', 'the input is not JSON');
  }
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    throw failure('validation_failed', `${file} can not be read`);
  });
}
