import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Buffer;
  ms: number;
}

export type Outcome = RawAnswer | 'closed' | 'timeout';

/** One HTTP/1.1 connection on which any bytes can be sent. */
export class RawConnection {
  private readonly socket: Socket;
  private received: Buffer = Buffer.alloc(0);
  private isClosed = false;
  private wake: () => void = () => undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk: Buffer) => {
      this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
      this.wake();
    });
    // The other side may tear it at any moment: that is an outcome, too.
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  /** Whether another request can be sent. */
  get isOpen(): boolean {
    return !this.isClosed && this.socket.writable;
  }

  send(bytes: Buffer): void {
    if (this.isOpen) this.socket.write(bytes);
  }

  /** Says that nothing more will come. */
  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** The next answer, 100 Continue left out; of an event stream only its head. @param isHead the answer has no body */
  async answer(timeoutMs: number, isHead: boolean): Promise<Outcome> {
    const began = performance.now();
    for (;;) {
      const found = takeAnswer(this.received, isHead, this.isClosed);
      if (found) {
        this.received = this.received.subarray(found.length);
        if (found.status >= 200) return { ...found, ms: performance.now() - began };
        continue;
      }
      if (this.isClosed) return 'closed';
      const left = timeoutMs - (performance.now() - began);
      if (left <= 0) return 'timeout';
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

interface Taken {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** Bytes that it took. */
  length: number;
}

/** An answer at the beginning of what came; null where it is not complete. */
function takeAnswer(bytes: Buffer, isHead: boolean, isClosed: boolean): Taken | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [first, ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first!)?.[1]);
  if (!(status >= 100)) throw new Error(`no status line: ${first}`);
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const from = end + 4;
  const of = (body: Buffer, length: number): Taken => ({ status, headers, body, length });
  const isStream = headers['content-type'] === 'text/event-stream';
  if (isHead || isStream || status < 200 || status === 204 || status === 304)
    return of(Buffer.alloc(0), from);
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(bytes, from, of);
  const length = headers['content-length'];
  if (length === undefined) return isClosed ? of(bytes.subarray(from), bytes.length) : null;
  const to = from + Number(length);
  return bytes.length < to ? null : of(bytes.subarray(from, to), to);
}

function takeChunks(bytes: Buffer, from: number, of: (body: Buffer, length: number) => Taken): Taken | null {
  const parts: Buffer[] = [];
  for (let at = from; ;) {
    const line = bytes.indexOf('\r\n', at);
    if (line === -1) return null;
    const size = parseInt(bytes.toString('latin1', at, line), 16);
    const next = line + 2 + size + 2;
    if (bytes.length < next) return null;
    if (size === 0) return of(Buffer.concat(parts), next);
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = next;
  }
}
