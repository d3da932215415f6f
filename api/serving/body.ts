import type { IncomingMessage } from 'node:http';
import { failure } from '../../src/errors.js';

export const LARGEST_BODY = 1024 * 1024;

/**
 * The body of a request as text.
 *
 * @param lines NDJSON is taken, too
 * @throws {RampartError} unsupported_media_type, too_large
 */
export async function readBody(request: IncomingMessage, lines: boolean): Promise<string> {
  const type = request.headers['content-type'];
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > LARGEST_BODY) throw failure('too_large', 'the body is larger than 1 MiB');
  if ((type !== undefined || length > 0) && !isTaken(type, lines)) {
    throw failure(
      'unsupported_media_type',
      `send application/json${lines ? ' or application/x-ndjson' : ''}`,
    );
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LARGEST_BODY) chunks.push(chunk);
    });
    request.once('end', () => {
      if (size > LARGEST_BODY) reject(failure('too_large', 'the body is larger than 1 MiB'));
      else
        resolve(chunks.length === 1 ? chunks[0]!.toString('utf8') : Buffer.concat(chunks).toString('utf8'));
    });
    request.once('error', reject);
  });
}

function isTaken(type: string | undefined, lines: boolean): boolean {
  if (type === undefined) return false;
  return /^application\/json\b/i.test(type) || (lines && /^application\/x-ndjson\b/i.test(type));
}
