import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { ConfigError } from '../config.js';
import { failure, problemOf, validationFailed } from '../errors.js';
import { AnalyzeInputError } from '../stats/parse-input.js';
import { Unreachable, type ApiAnswer } from './http.js';

/** Prints an answer of the API: on standard output and 0, or, if it is a refusal, on standard error and 1. */
export function show({ status, body }: ApiAnswer): number {
  const isRefused = status >= 400;
  (isRefused ? process.stderr : process.stdout).write(`${JSON.stringify(body, null, 2)}\n`);
  return isRefused ? 1 : 0;
}

/** Prints a result as JSON on standard output and answers 0; else as `orProblem`. */
export function answering(answer: () => Promise<unknown>): Promise<number> {
  return orProblem(async () => {
    process.stdout.write(`${JSON.stringify(await answer())}\n`);
    return 0;
  });
}

/** The exit code of the work; if its input is wrong, prints a problem document on standard error and answers 2. */
export async function orProblem(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    // These end every command in the same way: with one line that names what to set.
    if (error instanceof ConfigError || error instanceof Unreachable) throw error;
    const known = error instanceof AnalyzeInputError ? validationFailed(error.errors) : error;
    process.stderr.write(`${JSON.stringify(problemOf(known))}\n`);
    return 2;
  }
}

/** The JSON of a file, or of standard input for `-`. @throws {RampartError} validation_failed, malformed_json */
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
    throw failure('validation_failed', `${file} cannot be read`);
  });
}
