// The implementations that must agree. Each evaluates flags and experiments, with results as in docs/snapshot.md.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ApiContext } from '../../api/context.js';
import { RateLimiter } from '../../api/rate-limit.js';
import { servingCalls, type ServingDependencies } from '../../api/serving/calls.js';
import { createServingHandler } from '../../api/serving/handler.js';
import { ServingMeter } from '../../api/serving/serving-meter.js';
import { Evaluation } from '../../src/assignment/evaluation.js';
import { pythonWith, run } from '../python.js';
import type { TestSnapshot } from './random-snapshots.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** A unit with its context, at a time. */
export interface Subject {
  unit: string | null;
  context: Record<string, unknown>;
  now: number;
  stale: boolean;
}

/** An evaluation `{value?, variant?, reason, metadata}`, an `{error}`, or an assignment. */
export type EvaluationResult = Record<string, unknown>;

/** The results of all flags and experiments of a snapshot for one subject. */
export interface SubjectResults {
  flags: Record<string, EvaluationResult>;
  experiments: Record<string, EvaluationResult>;
}

export interface Peer {
  name: string;
  load(snapshot: TestSnapshot): Promise<void>;
  evaluate(subjects: readonly Subject[]): Promise<SubjectResults[]>;
  close(): Promise<void>;
}

/** The API's own evaluator, which the others are compared with. */
export function reference({ ruleset }: TestSnapshot, { unit, context, now, stale }: Subject): SubjectResults {
  const moment = { now, stale };
  const flags = [...ruleset.flags.keys()].map((key) => {
    const evaluation = ruleset.evaluate(key, unit, context, moment);
    if (!(evaluation instanceof Evaluation)) return [key, { error: evaluation }] as const;
    const { value, variant, reason, metadata } = evaluation;
    return [key, asJson({ value, variant, reason, metadata })] as const;
  });
  const experiments = [...ruleset.experiments.values()].map((experiment) => {
    const { experiment_id } = experiment;
    if (unit === null) return [experiment_id, {}] as const;
    return [experiment_id, asJson(ruleset.assign(experiment, unit, context, moment))] as const;
  });
  return { flags: Object.fromEntries(flags), experiments: Object.fromEntries(experiments) };
}

/** As it is after having been sent as JSON. */
function asJson(value: object): EvaluationResult {
  return JSON.parse(JSON.stringify(value)) as EvaluationResult;
}

/** An SDK's evaluator in a process of its own; requests and answers are lines of JSON. */
class ProcessPeer implements Peer {
  private readonly lines: AsyncIterator<string>;
  private snapshot!: TestSnapshot;

  constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    this.lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  load(snapshot: TestSnapshot): Promise<void> {
    this.snapshot = snapshot;
    this.send({ snapshot: snapshot.document });
    return Promise.resolve();
  }

  async evaluate(subjects: readonly Subject[]): Promise<SubjectResults[]> {
    const { ruleset } = this.snapshot;
    const [flags, experiments] = [[...ruleset.flags.keys()], [...ruleset.experiments.keys()]];
    for (const subject of subjects) {
      const batch: object[] = flags.map((flag) => ({ flag, ...subject }));
      if (subject.unit !== null) for (const experiment of experiments) batch.push({ experiment, ...subject });
      this.send({ batch });
    }
    const results: SubjectResults[] = [];
    for (const { unit } of subjects) {
      const line = await this.lines.next();
      if (line.done) throw new Error(`${this.name} ended`);
      const list = JSON.parse(line.value) as EvaluationResult[];
      results.push({
        flags: Object.fromEntries(flags.map((key, n) => [key, list[n]!])),
        experiments: Object.fromEntries(
          experiments.map((key, n) => [key, unit === null ? {} : list[flags.length + n]!]),
        ),
      });
    }
    return results;
  }

  async close(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.stdin!.end();
    await ended;
  }

  private send(message: object): void {
    this.child.stdin!.write(`${JSON.stringify(message)}\n`);
  }
}

export async function javascriptPeer(): Promise<Peer> {
  const folder = join(ROOT, 'clients', 'js');
  await buildJavascript();
  const child = spawn(process.execPath, [join(folder, 'bin', 'evaluate.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return new ProcessPeer('JavaScript SDK', child);
}

/** Builds the JavaScript SDK as its README describes. */
export async function buildJavascript(): Promise<void> {
  const folder = join(ROOT, 'clients', 'js');
  const npm = (...args: string[]): Promise<string> => run('npm', ['--prefix', folder, ...args]);
  if (!existsSync(join(folder, 'node_modules'))) await npm('ci', '--no-audit', '--no-fund');
  await npm('run', '-s', 'build');
}

/** A Python that has the SDK's dependencies, and an environment in which it finds the SDK of this repository. */
export async function pythonSdk(): Promise<{ python: string; env: NodeJS.ProcessEnv }> {
  const folder = join(ROOT, 'clients', 'python');
  const python = await pythonWith('python-sdk', join(folder, 'pyproject.toml'), [`${folder}[dev]`]);
  return { python, env: { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' } };
}

export async function pythonPeer(): Promise<Peer> {
  const { python, env } = await pythonSdk();
  const child = spawn(python, ['-m', 'rampart_openfeature.evaluate'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return new ProcessPeer('Python SDK', child);
}

/** The API's serving handler on an HTTP server: OFREP's bulk evaluation, and assignments. */
export async function ofrepPeer(): Promise<Peer> {
  let snapshot: TestSnapshot;
  let stale = false;
  const dependencies = {
    authenticator: { authenticate: () => ({ key_id: 'test', role: 'admin', environments: null }) },
    config: { RAMPART_ENVIRONMENT: 'production', RAMPART_CORS_ORIGINS: ['*'] },
    tokens: { issue: () => 'token' },
    logger: { error: (context: object, message: string) => console.error(message, context) },
    refresher: {
      isStale: () => stale,
      get snapshot() {
        const { document, ruleset, experiments } = snapshot;
        return { revision: document.revision, ruleset, experiments };
      },
    },
  } as unknown as ServingDependencies & ApiContext;
  const handler = createServingHandler(
    servingCalls(dependencies),
    dependencies,
    new RateLimiter(0),
    new ServingMeter(),
  );
  const server = createServer((request, response) => {
    if (!handler(request, response)) response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await response.json()) as Record<string, unknown>;
  };
  const evaluate = async (subject: Subject): Promise<SubjectResults> => {
    stale = subject.stale;
    const { unit, context } = subject;
    const targeted = unit === null ? context : { ...context, targetingKey: unit };
    const bulk = (await post('/ofrep/v1/evaluate/flags', { context: targeted }))[
      'flags'
    ] as EvaluationResult[];
    const flags = bulk.map(({ key, errorCode, errorDetails: _, ...rest }) => [
      key as string,
      errorCode === undefined ? rest : { error: errorCode },
    ]);
    const experiments = Object.fromEntries([...snapshot.ruleset.experiments.keys()].map((id) => [id, {}]));
    if (unit !== null) {
      for (const id of Object.keys(experiments)) {
        const body = { unit_id: unit, attributes: context, exposure: false };
        const { variant, in_experiment, reason, segments } = await post(
          `/v1/experiments/${id}/assignments`,
          body,
        );
        experiments[id] = { variant, in_experiment, reason, ...(segments !== undefined && { segments }) };
      }
    }
    return { flags: Object.fromEntries(flags) as SubjectResults['flags'], experiments };
  };
  return {
    name: 'OFREP',
    load: (next) => Promise.resolve(void (snapshot = next)),
    async evaluate(subjects) {
      const results: SubjectResults[] = [];
      for (const subject of subjects) results.push(await evaluate(subject));
      return results;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
