import { readFile } from 'node:fs/promises';
import { Rampart } from '../e2e/harness.js';
import { RawConnection, type RawOutcome, type RawResponse } from './raw-connection.js';
import { OddRequests, type OddRequest } from './odd-requests.js';
import { FLAG_PATH, FLAGS_PATH, OfrepDocument } from './ofrep-document.js';

const CONNECTIONS = 8;
const RESPONSE_TIMEOUT_MS = 10_000;
/** How long to wait for a response to an incomplete request. */
const BROKEN_TIMEOUT_MS = 20;
const MEMORY_SAMPLES = 10;

export interface FuzzReport {
  requests: number;
  answered: number;
  seconds: number;
  statuses: Record<string, number>;
  /** Response times of whole requests, in ms. */
  p50: number;
  p99: number;
  max: number;
  /** Memory of the API's process after each tenth of the requests, in MiB. The first is the warm-up. */
  rss: number[];
  violations: string[];
}

const FLAGS: Record<string, object> = {
  on: { enabled: true },
  split: { variants: { a: { weight: 50 }, b: { weight: 50 } } },
  rules: {
    enabled: true,
    rules: [
      {
        conditions: { email: { $regex: '^[a-z]+@example\\.com$' }, version: { $vgt: '1.0.0' } },
        value: false,
      },
      { conditions: { list: { $elemMatch: { a: null } }, 'a.b.c': { $gte: 2 } }, value: false },
      { conditions: { list: [1, { a: null }], plan: { $nin: ['pro', 1, null] } }, value: false },
      { conditions: { $or: [{ segments: 'beta' }, { targetingKey: { $in: ['unit-1'] } }] }, value: true },
    ],
  },
};

/** Sends odd requests to a real server and reports every violation of the API's rules. */
export async function fuzz(requests: number, seed = 1): Promise<FuzzReport> {
  const rampart = await Rampart.start();
  try {
    return await fuzzServer(rampart, requests, seed);
  } finally {
    await rampart.dispose();
  }
}

async function fuzzServer(rampart: Rampart, requests: number, seed: number): Promise<FuzzReport> {
  for (const [key, definition] of Object.entries(FLAGS)) {
    const { status } = await rampart.call('PUT', `/v1/flags/${key}`, definition);
    if (status !== 201) throw new Error(`flag ${key}: ${status}`);
  }
  const keyOf = async (role: string): Promise<string> =>
    (await rampart.call('POST', '/v1/keys', { name: role, role })).body['key'] as string;
  const server = await keyOf('server');
  const keys = [
    ...Array.from({ length: 12 }, () => server),
    await keyOf('client'),
    await keyOf('viewer'),
    'nobody',
  ];
  await until(() => isServing(rampart.port, server));
  const [pid] = await rampart.pidsOf('api');

  const checker = new ResponseChecker();
  const rss: number[] = [];
  const began = performance.now();
  let sent = 0;
  const sendOverConnection = async (number: number): Promise<void> => {
    const oddRequests = new OddRequests(seed * CONNECTIONS + number, keys);
    let connection = new RawConnection(rampart.port);
    while (sent < requests) {
      sent += 1;
      if (sent % Math.ceil(requests / MEMORY_SAMPLES) === 0) rss.push(await memory(pid!));
      const request = oddRequests.next();
      const isReusable = await exchange(connection, request, checker);
      if (isReusable) continue;
      connection.destroy();
      connection = new RawConnection(rampart.port);
    }
    connection.destroy();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, number) => sendOverConnection(number)));
  const seconds = (performance.now() - began) / 1_000;
  if (!(await isServing(rampart.port, server))) checker.violations.push('the server no longer serves flags');
  const [pidAfter] = await rampart.pidsOf('api');
  if (pidAfter !== pid) checker.violations.push('the process ended, and another was started');
  if (/"level":(50|60)/.test(rampart.log))
    checker.violations.push(`errors were logged: ${errorsIn(rampart.log)}`);
  return { requests, seconds, rss, ...checker.report() };
}

/** Sends a request and reads its responses. Returns whether the connection can be used for another. */
async function exchange(
  connection: RawConnection,
  request: OddRequest,
  checker: ResponseChecker,
): Promise<boolean> {
  const { method, pieces, pauseMs, framing } = request;
  for (const [n, piece] of pieces.entries()) {
    if (n > 0 && pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    connection.send(piece);
  }
  const isHead = method === 'HEAD';
  if (framing === 'broken') {
    checker.checkBroken(request, await connection.response(BROKEN_TIMEOUT_MS, isHead));
    return false;
  }
  let last: RawResponse | null = null;
  for (let n = framing === 'two' ? 2 : 1; n > 0; n -= 1) {
    const outcome = await connection.response(RESPONSE_TIMEOUT_MS, isHead);
    if (typeof outcome !== 'string') last = outcome;
    // After `Connection: close` or a stream there is no second response.
    const isLast = last !== null && (isClosing(last) || isStream(last));
    checker.checkWhole(request, outcome);
    if (isLast || typeof outcome === 'string') return false;
  }
  return connection.isOpen && last !== null;
}

function isClosing({ headers }: RawResponse): boolean {
  return headers['connection'] === 'close';
}

function isStream({ headers }: RawResponse): boolean {
  return headers['content-type'] === 'text/event-stream';
}

/** Collects responses, and those that break the rules. */
class ResponseChecker {
  readonly violations: string[] = [];
  private readonly statuses = new Map<string, number>();
  private readonly times: number[] = [];
  private readonly document = new OfrepDocument();

  /** Of an incomplete request; it may get no response. */
  checkBroken(request: OddRequest, outcome: RawOutcome): void {
    this.count(typeof outcome === 'string' ? 'none (broken)' : `${outcome.status} (broken)`);
    if (typeof outcome !== 'string' && outcome.status >= 500)
      this.addViolation(request, outcome, 'a server error');
  }

  checkWhole(request: OddRequest, outcome: RawOutcome): void {
    if (typeof outcome === 'string') {
      this.count(outcome);
      this.addViolation(request, outcome, 'no response');
      return;
    }
    const { status, headers, body, ms } = outcome;
    this.count(String(status));
    this.times.push(ms);
    const type = headers['content-type'] ?? '';
    if (status >= 500) this.addViolation(request, outcome, 'a server error');
    const isEmpty = status === 204 || status === 304 || request.method === 'HEAD' || isStream(outcome);
    if (isEmpty || status >= 500) return;
    if (!/^application\/(problem\+)?json/.test(type)) {
      this.addViolation(request, outcome, `not a response of the API: ${type || 'without a content type'}`);
      return;
    }
    const complaints = this.ofrepComplaints(request, status, JSON.parse(body.toString()));
    if (complaints.length > 0) this.addViolation(request, outcome, complaints.join('; '));
  }

  report(): Pick<FuzzReport, 'answered' | 'statuses' | 'p50' | 'p99' | 'max' | 'violations'> {
    const sorted = this.times.sort((a, b) => a - b);
    const quantile = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1]!;
    return {
      answered: sorted.length,
      statuses: Object.fromEntries([...this.statuses].sort()),
      p50: quantile(0.5),
      p99: quantile(0.99),
      max: sorted.at(-1)!,
      violations: this.violations,
    };
  }

  private ofrepComplaints({ method, path }: OddRequest, status: number, body: unknown): string[] {
    const isBulk = path === FLAGS_PATH;
    if (method !== 'POST' || !(isBulk || path.startsWith(`${FLAGS_PATH}/`))) return [];
    const { errorCode } = body as { errorCode?: unknown };
    if (status !== 200 && typeof errorCode !== 'string') return ['an error without an errorCode'];
    // OFREP does not define these two statuses.
    const isKnown = status !== 413 && status !== 415;
    return isKnown
      ? this.document.complaints(isBulk ? FLAGS_PATH : FLAG_PATH, status, body)
      : this.document.schemaComplaints('generalErrorResponse', body);
  }

  private count(name: string): void {
    this.statuses.set(name, (this.statuses.get(name) ?? 0) + 1);
  }

  private addViolation({ pieces }: OddRequest, outcome: RawOutcome, what: string): void {
    const sent = JSON.stringify(Buffer.concat(pieces).toString('latin1').slice(0, 600));
    const got =
      typeof outcome === 'string' ? outcome : `${outcome.status} ${outcome.body.toString().slice(0, 300)}`;
    this.violations.push(`${what}: ${sent} got ${got}`);
  }
}

async function isServing(port: number, key: string): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}${FLAGS_PATH}/rules`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { email: 'a@example.com', version: '1.2.3' } }),
  });
  return response.status === 200 && ((await response.json()) as { value: unknown }).value === false;
}

async function until(check: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error('the flags are not served');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Resident memory of a process, in MiB. */
async function memory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) / 1_024);
}

function errorsIn(log: string): string {
  const lines = log.split('\n').filter((line) => /"level":(50|60)/.test(line));
  return `${lines.length}, the first ${lines[0]!.slice(0, 500)}`;
}
