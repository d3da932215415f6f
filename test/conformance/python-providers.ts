import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pythonWith } from '../python.js';
import type { Connection, ObservedEvaluation, ProviderUnderTest, EvaluationRequest } from './provider.js';

/** A provider in a Python process; calls and results are lines of JSON. */
class PythonProvider implements ProviderUnderTest {
  private readonly lines: AsyncIterator<string>;

  constructor(private readonly child: ChildProcess) {
    this.lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  async connect(connection: Connection): Promise<void> {
    await this.call({ connect: connection });
  }

  evaluate(request: EvaluationRequest): Promise<ObservedEvaluation> {
    return this.call({ evaluate: request }) as Promise<ObservedEvaluation>;
  }

  status(): Promise<string> {
    return this.call({ status: {} }) as Promise<string>;
  }

  async close(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.stdin!.end();
    await ended;
  }

  private async call(message: object): Promise<unknown> {
    this.child.stdin!.write(`${JSON.stringify(message)}\n`);
    const line = await this.lines.next();
    if (line.done) throw new Error('the Python process ended');
    return JSON.parse(line.value) as unknown;
  }
}

export async function pythonProvider(name: 'rampart' | 'ofrep'): Promise<ProviderUnderTest> {
  const requirements = join(import.meta.dirname, 'requirements.txt');
  const python = await pythonWith('python-conformance', requirements, ['-r', requirements]);
  const sdk = join(import.meta.dirname, '..', '..', 'clients', 'python');
  const env = { ...process.env, PYTHONPATH: sdk, PYTHONDONTWRITEBYTECODE: '1' };
  const program = join(import.meta.dirname, 'python_provider.py');
  return new PythonProvider(spawn(python, [program, name], { stdio: ['pipe', 'pipe', 'inherit'], env }));
}
