import { ConfigError } from '../config.js';
import { failure, problemOf, RampartError, validationFailed, type Problem } from '../errors.js';
import { AnalyzeInputError } from '../stats/parse-input.js';
import { firstLine, StartError } from '../start-error.js';
import { Unreachable, type ApiAnswer } from './http.js';
import { readable, sentencesOf } from './readable.js';

export { readJson } from './read-json.js';

let isJsonAsked = false;

/** Whether what the command prints is JSON at a terminal too. */
export function askForJson(isAsked: boolean): void {
  isJsonAsked = isAsked;
}

/** Whether somebody reads a stream: programs, at the other end of a pipe, get JSON. */
export function isReadByPeople(stream: Pick<NodeJS.WriteStream, 'isTTY'>): boolean {
  return stream.isTTY && !isJsonAsked;
}

/** Prints an answer of the API: on standard output and 0, or, if it is a refusal, on standard error and 1. */
export function show({ status, body }: ApiAnswer): number {
  if (status >= 400) {
    printProblem(body);
    return 1;
  }
  print(body, 2);
  return 0;
}

/** Prints an answer of the API as `show`, where people have a text of their own for it. */
export function showAs(
  { status, body }: ApiAnswer,
  textOf: (body: Record<string, unknown>) => string,
): number {
  if (status >= 400 || !isReadByPeople(process.stdout)) return show({ status, body });
  process.stdout.write(textOf(body));
  return 0;
}

/** Prints a value: for people, or as JSON with that indentation. */
export function print(value: unknown, indent = 0): void {
  const { stdout } = process;
  stdout.write(
    isReadByPeople(stdout)
      ? readable(value, stdout.columns || undefined)
      : `${JSON.stringify(value, null, indent)}\n`,
  );
}

/** The same wherever it comes from, for whoever reads the standard error of a script. */
function printProblem(problem: Readonly<Record<string, unknown>>): void {
  const { stderr } = process;
  stderr.write(isReadByPeople(stderr) ? sentencesOf(problem) : `${JSON.stringify(problem, null, 2)}\n`);
}

/** Prints a result on standard output and answers 0; else as `orProblem`. */
export function answering(answer: () => Promise<unknown>): Promise<number> {
  return orProblem(async () => {
    print(await answer());
    return 0;
  });
}

/** The exit code of the work; if its input is wrong, prints a problem document on standard error and answers 2. */
export async function orProblem(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    // These end every command in the same way: with one line that names what to set.
    if (error instanceof ConfigError || error instanceof StartError || error instanceof Unreachable)
      throw error;
    printProblem(problemIn(error));
    return 2;
  }
}

/** A command has no log: what nobody expected is told as it is. */
function problemIn(error: unknown): Problem {
  if (error instanceof AnalyzeInputError) return problemOf(validationFailed(error.errors));
  if (error instanceof RampartError) return problemOf(error);
  const { code, path } = error as NodeJS.ErrnoException;
  if (path !== undefined)
    return problemOf(failure('validation_failed', `${path} cannot be used: ${reasonOf(code)}`));
  return problemOf(failure('internal', `unexpected: ${firstLine(error)}`));
}

/** What an error code of the file system means. */
function reasonOf(code: string | undefined): string {
  const meanings: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file or folder',
    ENOTDIR: 'a part of the path is a file, not a folder',
    EISDIR: 'it is a folder, not a file',
    EACCES: 'this user may not',
    EEXIST: 'it exists already',
    ENOSPC: 'the disk is full',
    EROFS: 'the disk can only be read',
  };
  return meanings[code ?? ''] ?? code ?? 'unknown';
}
