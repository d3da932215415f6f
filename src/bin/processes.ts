import cluster from 'node:cluster';
import { ConfigError, parseConfig, type Config, type Environment } from '../config.js';
import { createLogger } from '../logger.js';
import { firstLine, StartError } from '../start-error.js';
import { sayReady } from '../servers/supervised.js';
import { withOwnSecret } from './own-secret.js';
import type { Running } from './running.js';

// Processes are imported when they are asked for: other commands start faster without them.

/** `serve`: everything, until a signal. Answers the exit code. */
export async function runServe(given: Environment): Promise<number> {
  const environment = await withOwnSecret(given, say);
  const config = parseConfig(environment);
  const { serve } = await import('./serve.js');
  return untilEnded(config, async () => {
    const serving = await serve(config, environment, say);
    say(`Rampart serves at ${serving.url} (API reference at ${serving.url}/docs)`);
    if (config.RAMPART_ADMIN_KEY === undefined)
      say('RAMPART_ADMIN_KEY is not set: only keys that were created before are accepted');
    return serving;
  });
}

/** `api`: an API process, or as many as are asked for. */
export async function runApiProcesses(environment: Environment): Promise<number> {
  const config = parseConfigWithServers(environment);
  return untilEnded(config, async () => {
    if (cluster.isPrimary && config.RAMPART_API_PROCESSES > 1) {
      const { runCluster } = await import('./cluster.js');
      return runCluster(config.RAMPART_API_PROCESSES, createLogger(config.LOG_LEVEL), sayReady);
    }
    const { runApi } = await import('./api.js');
    const running = await runApi(config);
    if (cluster.isPrimary) sayReady();
    return running;
  });
}

/** `worker`: a worker process. */
export async function runWorkerProcess(environment: Environment): Promise<number> {
  const config = parseConfigWithServers(environment);
  return untilEnded(config, async () => {
    const { runWorker } = await import('./worker.js');
    return runWorker(config);
  });
}

/** @throws {ConfigError} also if MongoDB or Temporal is not named: only `serve` starts its own */
function parseConfigWithServers(environment: Environment): Config {
  const config = parseConfig(environment);
  for (const name of ['MONGODB_URI', 'TEMPORAL_ADDRESS'] as const) {
    if (config[name] === undefined)
      throw new ConfigError(`${name} is missing: set it, or use \`rampart serve\`, which starts its own`);
  }
  return config;
}

/**
 * Starts, and runs until a signal tells this process to end, or until its parent has ended. Until everything has started
 * there is nothing to stop in order: children end with this process.
 *
 * @returns the exit code
 * @throws {StartError} one line, whatever kept it from starting
 */
async function untilEnded(
  { RAMPART_PARENT, LOG_LEVEL }: Config,
  start: () => Promise<Running>,
): Promise<number> {
  const end = endOf(RAMPART_PARENT);
  const running = await Promise.race([
    end,
    start().catch((error: unknown) => {
      throw cannotStart(error, LOG_LEVEL);
    }),
  ]);
  if (running === 'ended') return 1;
  await end;
  await running.stop();
  return 0;
}

/** Whatever keeps a process from starting, as one line; with LOG_LEVEL=debug all of it too. */
export function cannotStart(error: unknown, level: Config['LOG_LEVEL']): StartError {
  if (error instanceof StartError) return error;
  if (level === 'debug' || level === 'trace') console.error(error);
  return new StartError(`cannot start: ${firstLine(error)} (LOG_LEVEL=debug shows more)`);
}

function endOf(parent: string | undefined): Promise<'ended'> {
  return new Promise((resolve) => {
    const ended = (): void => resolve('ended');
    process.once('SIGTERM', ended);
    process.once('SIGINT', ended);
    // In a process of a cluster: its primary has ended.
    process.once('disconnect', ended);
    if (parent === undefined) return;
    // The parent holds the other end of our standard input, which closes however the parent ends.
    process.stdin.once('end', ended).once('error', ended);
    process.stdin.resume();
  });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
