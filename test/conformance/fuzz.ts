import { readFile } from 'node:fs/promises';
import { Rampart } from '../e2e/harness.js';
import { RawConnection, type Outcome, type RawAnswer } from './raw-connection.js';
import { OddRequests, type OddRequest } from './odd-requests.js';
import { FLAG_PATH, FLAGS_PATH, OfrepDocument } from './ofrep-document.js';

const LANES = 8;
const ANSWER_MS = 10_000;
/** How long an answer to half a request is waited for. */
const BROKEN_MS = 20;
const TENTHS = 10;

export interface FuzzReport {
  requests: number;
  answered: number;
  seconds: number;
  statuses: Record<string, number>;
  /** Of whole requests, in ms. */
  p50: number;
  p99: number;
  max: number;
  /** Memory of the API's process after each tenth, in MiB; the first is the warm-up. */
  rss: number[];
  violations: string[];
}

const FLAGS: Record<string, object> = {
  on: {},
  split: { variants: { a: { weight: 50 }, b: { weight: 50 } } },
  rules: {
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

/** Sends that many odd requests to a real server, and says what was not as it must be. */
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

  const judge = new Judge();
  const rss: number[] = [];
  const began = performance.now();
  let sent = 0;
  const lane = async (number: number): Promise<void> => {
    const odd = new OddRequests(seed * LANES + number, keys);
    let connection = new RawConnection(rampart.port);
    while (sent < requests) {
      sent += 1;
      if (sent % Math.ceil(requests / TENTHS) === 0) rss.push(await memory(pid!));
      const request = odd.next();
      const goesOn = await exchange(connection, request, judge);
      if (goesOn) continue;
      connection.destroy();
      connection = new RawConnection(rampart.port);
    }
    connection.destroy();
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  const seconds = (performance.now() - began) / 1_000;
  if (!(await isServing(rampart.port, server))) judge.violations.push('it serves no more');
  const [still] = await rampart.pidsOf('api');
  if (still !== pid) judge.violations.push('the process ended, and another was started');
  if (/"level":(50|60)/.test(rampart.log))
    judge.violations.push(`errors were logged: ${errorsIn(rampart.log)}`);
  return { requests, seconds, rss, ...judge.report() };
}

/** One request and its answers; says whether the connection is good for another. */
async function exchange(connection: RawConnection, request: OddRequest, judge: Judge): Promise<boolean> {
  const { method, pieces, pauseMs, framing } = request;
  for (const [n, piece] of pieces.entries()) {
    if (n > 0 && pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    connection.send(piece);
  }
  const isHead = method === 'HEAD';
  if (framing === 'broken') {
    judge.broken(request, await connection.answer(BROKEN_MS, isHead));
    return false;
  }
  let last: RawAnswer | null = null;
  for (let n = framing === 'two' ? 2 : 1; n > 0; n -= 1) {
    const outcome = await connection.answer(ANSWER_MS, isHead);
    if (typeof outcome !== 'string') last = outcome;
    // Who asks to close, or gets a stream, gets no second answer.
    const isLast = last !== null && (isClosing(last) || isStream(last));
    judge.whole(request, outcome);
    if (isLast || typeof outcome === 'string') return false;
  }
  return connection.isOpen && last !== null;
}

function isClosing({ headers }: RawAnswer): boolean {
  return headers['connection'] === 'close';
}

function isStream({ headers }: RawAnswer): boolean {
  return headers['content-type'] === 'text/event-stream';
}

/** Keeps what was answered, and what should not have been. */
class Judge {
  readonly violations: string[] = [];
  private readonly statuses = new Map<string, number>();
  private readonly times: number[] = [];
  private readonly document = new OfrepDocument();

  /** Where half a request was sent no answer is one, too. */
  broken(request: OddRequest, outcome: Outcome): void {
    this.count(typeof outcome === 'string' ? 'none (broken)' : `${outcome.status} (broken)`);
    if (typeof outcome !== 'string' && outcome.status >= 500) this.note(request, outcome, 'a server error');
  }

  whole(request: OddRequest, outcome: Outcome): void {
    if (typeof outcome === 'string') {
      this.count(outcome);
      this.note(request, outcome, 'no answer');
      return;
    }
    const { status, headers, body, ms } = outcome;
    this.count(String(status));
    this.times.push(ms);
    const type = headers['content-type'] ?? '';
    if (status >= 500) this.note(request, outcome, 'a server error');
    const isEmpty = status === 204 || status === 304 || request.method === 'HEAD' || isStream(outcome);
    if (isEmpty || status >= 500) return;
    if (!/^application\/(problem\+)?json/.test(type)) {
      this.note(request, outcome, `no answer of ours: ${type || 'without a type'}`);
      return;
    }
    const complaints = this.ofrepComplaints(request, status, JSON.parse(body.toString()));
    if (complaints.length > 0) this.note(request, outcome, complaints.join('; '));
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
    // The document says nothing of these two.
    const isKnown = status !== 413 && status !== 415;
    return isKnown
      ? this.document.complaints(isBulk ? FLAGS_PATH : FLAG_PATH, status, body)
      : this.document.schemaComplaints('generalErrorResponse', body);
  }

  private count(name: string): void {
    this.statuses.set(name, (this.statuses.get(name) ?? 0) + 1);
  }

  private note({ pieces }: OddRequest, outcome: Outcome, what: string): void {
    const sent = JSON.stringify(Buffer.concat(pieces).toString('latin1').slice(0, 600));
    const got =
      typeof outcome === 'string' ? outcome : `${outcome.status} ${outcome.body.toString().slice(0, 300)}`;
    this.violations.push(`${what}: ${sent} was answered ${got}`);
  }
}

async function isServing(port: number, key: string): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}${FLAGS_PATH}/rules`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { email: 'a@example.com', version: '1.2.3' } }),
  });
  return answer.status === 200 && ((await answer.json()) as { value: unknown }).value === false;
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
