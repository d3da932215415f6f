import { connect, type Socket } from 'node:net';

export interface RawResponse {
  status: number;
  /** By names in lower case. */
  headers: Record<string, string>;
  body: Buffer;
  ms: number;
}

export type RawOutcome = RawResponse | 'closed' | 'timeout';

/** An HTTP/1.1 connection that can send any bytes. */
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
    // The other side may break the connection at any time: that is an outcome too.
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

  /** Ends the sending side. */
  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /**
   * Reads the next response, except for 100 Continue; of an event stream only the head.
   *
   * @param isHead whether the request was HEAD, whose response has no body
   */
  async response(timeoutMs: number, isHead: boolean): Promise<RawOutcome> {
    const began = performance.now();
    for (;;) {
      const parsed = parseResponse(this.received, isHead, this.isClosed);
      if (parsed) {
        this.received = this.received.subarray(parsed.length);
        if (parsed.status >= 200) return { ...parsed, ms: performance.now() - began };
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

interface ParsedResponse {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** In bytes, with the head. */
  length: number;
}

/** Parses a response at the beginning of the bytes; null where it is not complete. */
function parseResponse(bytes: Buffer, isHead: boolean, isClosed: boolean): ParsedResponse | null {
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
  const made = (body: Buffer, length: number): ParsedResponse => ({ status, headers, body, length });
  const isStream = headers['content-type'] === 'text/event-stream';
  if (isHead || isStream || status < 200 || status === 204 || status === 304)
    return made(Buffer.alloc(0), from);
  if (headers['transfer-encoding'] === 'chunked') return parseChunks(bytes, from, made);
  const length = headers['content-length'];
  if (length === undefined) return isClosed ? made(bytes.subarray(from), bytes.length) : null;
  const to = from + Number(length);
  return bytes.length < to ? null : made(bytes.subarray(from, to), to);
}

function parseChunks(
  bytes: Buffer,
  from: number,
  made: (body: Buffer, length: number) => ParsedResponse,
): ParsedResponse | null {
  const parts: Buffer[] = [];
  for (let at = from; ;) {
    const line = bytes.indexOf('\r\n', at);
    if (line === -1) return null;
    const size = parseInt(bytes.toString('latin1', at, line), 16);
    const next = line + 2 + size + 2;
    if (bytes.length < next) return null;
    if (size === 0) return made(Buffer.concat(parts), next);
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = next;
  }
}
