import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { failure } from '../errors.js';
import { jsonErrorIn } from './json-error.js';

/**
 * The JSON of a file, or of standard input for `-`: in UTF-8 or UTF-16, with or without a byte order mark.
 *
 * @throws {RampartError} validation_failed, or malformed_json with line and column
 */
export async function readJson([file, ...more]: readonly string[]): Promise<unknown> {
  if (file === undefined || more.length > 0)
    throw failure('validation_failed', 'name one file, or - for standard input');
  const name = file === '-' ? 'the input' : file;
  return parseJson(decoded(file === '-' ? await buffer(process.stdin) : await read(file), name), name);
}

/** @throws {RampartError} malformed_json, with line and column */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const wrong = jsonErrorIn(text);
    const where =
      wrong === null
        ? (error as Error).message
        : `line ${wrong.line}, column ${wrong.column}: ${wrong.message}`;
    throw failure('malformed_json', `${name} is not JSON: ${where}`);
  }
}

async function read(file: string): Promise<Buffer> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : (error.code ?? error.message);
    throw failure('validation_failed', `${file} cannot be read: ${why}`);
  });
}

function decoded(bytes: Buffer, name: string): string {
  const encoding = encodingOf(bytes);
  try {
    // The decoder leaves a byte order mark out.
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw failure('malformed_json', `${name} is not text in ${encoding.toUpperCase()}: save it as UTF-8`);
  }
}

/** JSON begins with two ASCII characters, of which UTF-16 writes each with a zero byte. */
function encodingOf([first, second]: Buffer): string {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be';
  return 'utf-8';
}
