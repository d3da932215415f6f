import type { ServerResponse } from 'node:http';
import { failure } from '../../src/errors.js';

const PING_MS = 15_000;
const MOST_STREAMS = 10_000;
/** A client with more than this waiting on its connection, bytes, has stopped reading. */
const MOST_WAITING_BYTES = 64 * 1024;

/** Server-Sent Events that tell clients to evaluate again. A client that was disconnected need not know what it missed. */
export class Streams {
  private readonly open = new Map<ServerResponse, string>();
  private readonly timer = setInterval(() => this.write(': ping\n\n'), PING_MS).unref();

  get size(): number {
    return this.open.size;
  }

  /** @throws {RampartError} unavailable where there are too many */
  add(response: ServerResponse, key_id: string, revision: number): void {
    if (this.open.size >= MOST_STREAMS) {
      throw failure('unavailable', 'too many streams are open on this process', { retry_after: 5 });
    }
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
    });
    response.write(`retry: 1000\n\n${message('connected', revision)}`);
    this.open.set(response, key_id);
    response.once('close', () => this.open.delete(response));
  }

  /** Something that is served has changed. Streams of keys that are no longer valid end. */
  changed(revision: number, isGood: (key_id: string) => boolean): void {
    for (const [response, key_id] of this.open) if (!isGood(key_id)) response.end();
    this.write(message('refetchEvaluation', revision));
  }

  close(): void {
    clearInterval(this.timer);
    for (const response of this.open.keys()) response.end();
  }

  private write(text: string): void {
    for (const response of this.open.keys()) {
      if (response.writableEnded) continue;
      if (response.writableLength > MOST_WAITING_BYTES) response.destroy();
      else response.write(text);
    }
  }
}

/** OFREP's providers obey `refetchEvaluation` and must ignore all other types. */
function message(type: 'connected' | 'refetchEvaluation', revision: number): string {
  return `id: ${revision}\ndata: {"type":"${type}","revision":${revision}}\n\n`;
}
