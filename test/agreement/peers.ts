// The implementations that must agree: each answers what a flag gives to a unit, in the shape of docs/snapshot.md.
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
import { Evaluation } from '../../src/assignment/evaluation.js';
import { pythonWith, run } from '../python.js';
import type { World } from './worlds.js';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Question {
  unit: string | null;
  context: Record<string, unknown>;
  now: number;
  stale: boolean;
}

/** An evaluation `{value?, variant?, reason, metadata}`, an `{error}`, or an assignment. */
export type Answer = Record<string, unknown>;

/** Everything that one question asks of a world: each flag, and each experiment. */
export interface Answers {
  flags: Record<string, Answer>;
  experiments: Record<string, Answer>;
}

export interface Peer {
  name: string;
  load(world: World): Promise<void>;
  ask(questions: readonly Question[]): Promise<Answers[]>;
  close(): Promise<void>;
}

/** What the API itself evaluates by; the others are compared with it. */
export function reference(world: World, { unit, context, now, stale }: Question): Answers {
  const { ruleset } = world;
  const moment = { now, stale };
  const flags = [...ruleset.flags.keys()].map((key) => {
    const found = ruleset.evaluate(key, unit, context, moment);
    if (!(found instanceof Evaluation)) return [key, { error: found }] as const;
    const { value, variant, reason, metadata } = found;
    return [key, plain({ value, variant, reason, metadata })] as const;
  });
  const experiments = [...ruleset.experiments.values()].map((experiment) => {
    const { experiment_id } = experiment;
    if (unit === null) return [experiment_id, {}] as const;
    return [experiment_id, plain(ruleset.assign(experiment, unit, context, moment))] as const;
  });
  return { flags: Object.fromEntries(flags), experiments: Object.fromEntries(experiments) };
}

/** As it is after a journey as JSON. */
function plain(value: object): Answer {
  return JSON.parse(JSON.stringify(value)) as Answer;
}

/** An SDK's evaluator in a process of its own, asked by lines of JSON. */
class LinePeer implements Peer {
  private readonly lines: AsyncIterator<string>;
  private world!: World;

  constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    this.lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  load(world: World): Promise<void> {
    this.world = world;
    this.send({ snapshot: world.document });
    return Promise.resolve();
  }

  async ask(questions: readonly Question[]): Promise<Answers[]> {
    const { ruleset } = this.world;
    const [flags, experiments] = [[...ruleset.flags.keys()], [...ruleset.experiments.keys()]];
    for (const question of questions) {
      const batch: object[] = flags.map((flag) => ({ flag, ...question }));
      if (question.unit !== null)
        for (const experiment of experiments) batch.push({ experiment, ...question });
      this.send({ batch });
    }
    const answers: Answers[] = [];
    for (const { unit } of questions) {
      const line = await this.lines.next();
      if (line.done) throw new Error(`${this.name} ended`);
      const list = JSON.parse(line.value) as Answer[];
      answers.push({
        flags: Object.fromEntries(flags.map((key, n) => [key, list[n]!])),
        experiments: Object.fromEntries(
          experiments.map((key, n) => [key, unit === null ? {} : list[flags.length + n]!]),
        ),
      });
    }
    return answers;
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
  return new LinePeer('JavaScript SDK', child);
}

/** As its README says. */
export async function buildJavascript(): Promise<void> {
  const folder = join(ROOT, 'clients', 'js');
  const npm = (...args: string[]): Promise<string> => run('npm', ['--prefix', folder, ...args]);
  if (!existsSync(join(folder, 'node_modules'))) await npm('ci', '--no-audit', '--no-fund');
  await npm('run', '-s', 'build');
}

/** A Python with what the SDK needs, and the variables under which it finds the SDK of this folder. */
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
  return new LinePeer('Python SDK', child);
}

/** The serving handler on a real server, as the API has it: OFREP's bulk evaluation, and assignments. */
export async function ofrepPeer(): Promise<Peer> {
  let world: World;
  let stale = false;
  const dependencies = {
    authenticator: { authenticate: () => ({ key_id: 'test', role: 'admin', environments: null }) },
    config: { RAMPART_ENVIRONMENT: 'production', RAMPART_CORS_ORIGINS: ['*'] },
    tokens: { issue: () => 'token' },
    logger: { error: (context: object, message: string) => console.error(message, context) },
    refresher: {
      isStale: () => stale,
      get snapshot() {
        return { revision: world.document.revision, ruleset: world.ruleset, experiments: world.experiments };
      },
    },
  } as unknown as ServingDependencies & ApiContext;
  const handler = createServingHandler(servingCalls(dependencies), dependencies, new RateLimiter(0));
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
  const one = async (question: Question): Promise<Answers> => {
    stale = question.stale;
    const { unit, context } = question;
    const targeted = unit === null ? context : { ...context, targetingKey: unit };
    const bulk = (await post('/ofrep/v1/evaluate/flags', { context: targeted }))['flags'] as Answer[];
    const flags = bulk.map(({ key, errorCode, errorDetails: _, ...rest }) => [
      key as string,
      errorCode === undefined ? rest : { error: errorCode },
    ]);
    const experiments = Object.fromEntries([...world.ruleset.experiments.keys()].map((id) => [id, {}]));
    if (unit !== null) {
      for (const id of Object.keys(experiments)) {
        const body = { unit_id: unit, attributes: context, exposure: false };
        const { variant, in_experiment, reason } = await post(`/v1/experiments/${id}/assignments`, body);
        experiments[id] = { variant, in_experiment, reason };
      }
    }
    return { flags: Object.fromEntries(flags) as Answers['flags'], experiments };
  };
  return {
    name: 'OFREP',
    load: (next) => Promise.resolve(void (world = next)),
    async ask(questions) {
      const answers: Answers[] = [];
      for (const question of questions) answers.push(await one(question));
      return answers;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
