import { Random } from '../../src/rehearsal/random.js';
import { FLAGS_PATH } from './ofrep-document.js';

/** A request as bytes, with what to expect of its response. */
export interface OddRequest {
  method: string;
  /** The requested path, without the query. */
  path: string;
  /** The bytes to send, in pieces. */
  pieces: Buffer[];
  /** The pause between pieces, in ms. */
  pauseMs: number;
  /**
   * `whole`: valid HTTP, which reaches a handler and must get a response. `two`: two such requests in one piece; both must
   * get responses. `broken`: any response below 500 will do, or none.
   */
  framing: 'whole' | 'two' | 'broken';
}

const PATHS = [
  FLAGS_PATH,
  ...['on', 'split', 'rules', 'no-such-flag'].map((key) => `${FLAGS_PATH}/${key}`),
  '/v1/assignments',
  '/v1/experiments/tried/assignments',
  '/v1/experiments/none/assignments',
  '/v1/events',
  '/v1/snapshot',
  '/v1/stream',
];
const READ = ['/v1/snapshot', '/v1/stream'];
/** Methods that Node's parser knows, except for CONNECT, which has no path. */
const METHODS = [
  'GET',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'HEAD',
  'PROPFIND',
  'M-SEARCH',
  'PURGE',
  'QUERY',
];
const TYPES = [
  'text/plain',
  'application/json; charset=utf-16',
  'application/jsonx',
  'application/x-ndjson',
  '\xff/*',
  '',
];
const ESCAPES = [
  '%',
  '%zz',
  '%E0%A4%A',
  '%00',
  '%2F',
  '%ff',
  '%F0%9F%92%A9',
  '/../',
  '//',
  '\xe9',
  '\xff',
  ';a=b',
  '*',
];
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'targetingKey',
  'a.b.c',
  '',
  '$eq',
  'length',
  '\u0000',
  '💩',
];
const WORDS = [
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '1e400',
  '-1e400',
  '-0',
  '123456789012345678901234567890',
  '0.1e-400',
  'NaN',
  'true',
  'null',
  '""',
  '[]',
  '{}',
  '{"__proto__":{"plan":"pro"}}',
  '{"constructor":{"prototype":{"plan":"pro"}}}',
  '"ünit"',
  "'x'",
  '01',
  '\ufeff1',
];
const MAX_SIZE = 1_200_000;

/** Random odd requests; the same seed gives the same requests. */
export class OddRequests {
  private readonly random: Random;

  constructor(
    seed: number,
    /** API keys, valid and invalid. */
    private readonly keys: readonly string[],
  ) {
    this.random = new Random(seed);
  }

  next(): OddRequest {
    const route = this.pick(PATHS);
    const [method, target] = [this.method(route), this.target(route)];
    const request = { method, path: target.split('?')[0]!, pauseMs: 0 };
    const body = this.chance(0.9) ? this.body(route) : Buffer.alloc(0);
    const roll = this.random.uniform();
    if (roll < 0.08) return { ...request, ...this.broken(method, target, body) };
    const whole = this.whole(method, target, body);
    // Node's parser refuses these bytes in a target.
    if (/[^!-~]/.test(target)) return { ...request, pieces: [whole], framing: 'broken' };
    // After `Connection: close` nothing is read. And where both requests have `Expect: 100-continue` and the second gets its
    // response first, Node 20 puts its `100 Continue` between its head and its body.
    const isAlone = whole.includes('Connection: close') || whole.includes('Expect: ');
    if (roll < 0.11 && !isAlone)
      return { ...request, pieces: [Buffer.concat([whole, whole])], framing: 'two' };
    const isSlow = roll < 0.16;
    return {
      ...request,
      pieces: isSlow ? this.cut(whole) : [whole],
      pauseMs: isSlow ? this.below(4) : 0,
      framing: 'whole',
    };
  }

  private method(route: string): string {
    if (this.chance(0.1)) return this.pick(METHODS);
    return READ.includes(route) ? 'GET' : 'POST';
  }

  private target(route: string): string {
    let path = route;
    if (this.chance(0.25)) path += this.pick(ESCAPES);
    if (this.chance(0.05)) path = path.replace(/[a-z]/, this.pick(ESCAPES));
    if (this.chance(0.02)) path += 'x'.repeat(this.below(8_000));
    if (this.chance(0.02)) path = `http://elsewhere${path}`;
    if (this.chance(0.25)) path += `?${this.query()}`;
    return path;
  }

  private query(): string {
    const names = ['instance_id', 'serving', 'closing', 'token', 'flagConfigEtag', '%zz', '__proto__'];
    const values = ['1', '-1', '1e400', 'true', '%', '%00', 'a.b.c', 'service', '"', 'x'.repeat(300)];
    return Array.from({ length: 1 + this.below(3) }, () => `${this.pick(names)}=${this.pick(values)}`).join(
      '&',
    );
  }

  /** A whole request, with a Content-Length or in chunks. */
  private whole(method: string, target: string, body: Buffer): Buffer {
    const isChunked = this.chance(0.2);
    const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
    return Buffer.concat([this.head(method, target, framing), isChunked ? this.chunks(body) : body]);
  }

  private head(method: string, target: string, ...more: string[]): Buffer {
    const headers = ['Host: localhost', ...more];
    if (this.chance(0.93)) headers.push(`Authorization: Bearer ${this.pick(this.keys)}`);
    else if (this.chance(0.5))
      headers.push(`Authorization: ${this.pick(['Basic eA==', 'Bearer', '\xff', 'Bearer a b'])}`);
    if (this.chance(0.92)) headers.push('Content-Type: application/json');
    else headers.push(`Content-Type: ${this.pick(TYPES)}`);
    if (this.chance(0.1))
      headers.push(`If-None-Match: ${this.pick(['*', '"x"', 'W/"x", "y"', ',,,', '"', '\xff'])}`);
    if (this.chance(0.03)) headers.push('Expect: 100-continue');
    if (this.chance(0.03)) headers.push(`X-${'y'.repeat(this.below(500))}: ${'z'.repeat(this.below(6_000))}`);
    if (this.chance(0.02)) headers.push('Connection: close');
    return Buffer.from(`${method} ${target} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`, 'latin1');
  }

  private chunks(body: Buffer): Buffer {
    const parts: Buffer[] = [];
    for (let at = 0; at < body.length;) {
      const part = body.subarray(at, at + 1 + this.below(Math.max(1, body.length)));
      parts.push(Buffer.from(`${part.length.toString(16)}${this.chance(0.1) ? ';a=b' : ''}\r\n`));
      parts.push(part, Buffer.from('\r\n'));
      at += part.length;
    }
    const trailer = this.chance(0.1) ? 'X-Trailer: y\r\n' : '';
    return Buffer.concat([...parts, Buffer.from(`0\r\n${trailer}\r\n`)]);
  }

  private broken(method: string, target: string, body: Buffer): Pick<OddRequest, 'pieces' | 'framing'> {
    const head = (...more: string[]): Buffer => this.head(method, target, ...more);
    const bytes = this.pick([
      (): Buffer[] => [head(`Content-Length: ${body.length + 1 + this.below(1_000)}`), body],
      () => [head(`Content-Length: ${this.below(body.length + 1)}`), body],
      () => [
        head(`Content-Length: ${this.pick(['-1', 'x', '1e3', '99999999999999999999', '0x10', ''])}`),
        body,
      ],
      () => [head('Content-Length: 5', 'Transfer-Encoding: chunked'), body],
      () => [head('Content-Length: 1', 'Content-Length: 2'), body],
      () => [head('Transfer-Encoding: chunked'), Buffer.from(`${(body.length + 9).toString(16)}\r\n`), body],
      () => [head('Transfer-Encoding: chunked'), Buffer.from('zz\r\n'), body],
      () => [head('Transfer-Encoding: gzip'), body],
      () => [head(`X-Large: ${'x'.repeat(20_000)}`), body],
      () => [head(...Array.from({ length: 2_500 }, (_, n) => `X-${n}: y`)), body],
      () => [this.head('FROBNICATE', target), body],
      () => [this.head(method, `${target} \x01\t`), body],
      () => [Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1')],
      () => [this.noise(this.below(2_000))],
      () => {
        const whole = this.whole(method, target, body);
        return [whole.subarray(0, this.below(whole.length))];
      },
    ])();
    return { pieces: bytes, framing: 'broken' };
  }

  private body(route: string): Buffer {
    const roll = this.random.uniform();
    if (roll < 0.1) return this.noise(this.below(500));
    const text = this.template(route);
    if (roll < 0.4) return Buffer.from(text);
    if (roll < 0.45) return Buffer.from(text, 'utf16le');
    if (roll < 0.5) return Buffer.from(text).subarray(0, this.below(text.length));
    if (roll < 0.6) return this.flipped(Buffer.from(text));
    return Buffer.from(this.mutated(text));
  }

  /** A valid body for the call, or for another one. */
  private template(route: string): string {
    const attributes = {
      plan: 'pro',
      segments: ['beta'],
      list: [1, { a: null }],
      a: { b: { c: 1 } },
      version: '1.2.3',
      email: 'a@example.com',
    };
    const unit_id = `unit-${this.below(50)}`;
    const event = { type: 'play', unit_id, event_id: `e-${this.below(9)}`, value: 1.5 };
    const [evaluation, assignment, events] = [
      { context: { targetingKey: unit_id, ...attributes } },
      { unit_id, attributes },
      [event, { ...event, timestamp: 0, properties: attributes }],
    ];
    if (this.chance(0.1)) return JSON.stringify(this.pick([evaluation, assignment, events]));
    if (route === '/v1/events') return JSON.stringify(events);
    return JSON.stringify(route.startsWith('/v1/') ? assignment : evaluation);
  }

  /** Replaces one or more values or names by odd ones. */
  private mutated(text: string): string {
    let result = text;
    for (let n = 1 + this.below(3); n > 0; n -= 1) {
      const values = [...result.matchAll(/"[^"\\]*"(?=[,}\]])|\d+(?=[,}\]])|null/g)];
      const names = [...result.matchAll(/"[^"\\]*"(?=:)/g)];
      const replaceable = this.chance(0.75) ? values : names;
      if (replaceable.length === 0) continue;
      const { index, 0: old } = this.pick(replaceable);
      const put = replaceable === values ? this.oddValue() : JSON.stringify(this.pick(NAMES));
      result = result.slice(0, index) + put + result.slice(index + old.length);
    }
    return result;
  }

  private oddValue(): string {
    const roll = this.random.uniform();
    if (roll > 0.1) return this.pick(WORDS);
    // Only a few of the largest: they take most of the time.
    const size = this.chance(0.05) ? this.below(MAX_SIZE) : this.below(20_000);
    const half = Math.floor(size / 2);
    return this.pick([
      () => `"${'x'.repeat(size)}"`,
      () => '['.repeat(half) + ']'.repeat(half),
      () => `${'{"a":'.repeat(Math.floor(size / 6))}1${'}'.repeat(Math.floor(size / 6))}`,
      () => `[${'1,'.repeat(half)}1]`,
      () => '9'.repeat(size),
    ])();
  }

  private flipped(bytes: Buffer): Buffer {
    for (let n = 1 + this.below(4); n > 0; n -= 1) bytes[this.below(bytes.length)] = this.below(256);
    return bytes;
  }

  private noise(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  private cut(bytes: Buffer): Buffer[] {
    const places = Array.from({ length: 1 + this.below(4) }, () => this.below(bytes.length)).sort(
      (a, b) => a - b,
    );
    return [0, ...places].map((from, n) => bytes.subarray(from, places[n] ?? bytes.length));
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  private below(limit: number): number {
    return Math.floor(this.random.uniform() * limit);
  }

  private chance(probability: number): boolean {
    return this.random.uniform() < probability;
  }
}
