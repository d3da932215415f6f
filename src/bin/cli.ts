#!/usr/bin/env node
import cluster from 'node:cluster';
import { ConfigError, parseConfig, type Config } from '../config.js';
import { createLogger } from '../logger.js';
import { analyzeCommand } from './analyze.js';
import { clientCommand } from './client.js';
import { CLIENT_COMMANDS } from './client-commands.js';
import { exportCommand } from './export.js';
import { Unreachable } from './http.js';
import { importCommand } from './import.js';
import { powerCommand } from './power.js';
import { rehearseCommand } from './rehearse.js';
import type { Running } from './running.js';
import { usageText } from './usage.js';
import { verifyCommand } from './verify.js';

/** Answers the exit code. Processes are imported when they are asked for: other commands start faster without them. */
async function run([command, ...argv]: string[]): Promise<number> {
  switch (command) {
    case 'serve':
      return runServe();
    case 'api':
      return runApiProcesses();
    case 'worker': {
      const config = parseConfigWithServers();
      const { runWorker } = await import('./worker.js');
      return untilEnded(await runWorker(config), config);
    }
    case 'demo': {
      const { demo } = await import('./demo.js');
      return demo(argv, process.env);
    }
    case 'analyze':
      return analyzeCommand(argv);
    case 'power':
      return powerCommand(argv);
    case 'rehearse':
      return rehearseCommand(argv);
    case 'verify':
      return verifyCommand(argv);
    case 'import':
      return importCommand(argv, process.env);
    case 'export':
      return exportCommand(argv, process.env);
    case 'help':
    case '--help':
    case undefined:
      process.stdout.write(`${usageText()}\n`);
      return command === undefined ? 2 : 0;
  }
  if (Object.hasOwn(CLIENT_COMMANDS, command)) return clientCommand(command, argv, process.env);
  say(`no command ${command}\n\n${usageText()}`);
  return 2;
}

async function runServe(): Promise<number> {
  const config = parseConfig(process.env);
  const { serve } = await import('./serve.js');
  const signals = ['SIGTERM', 'SIGINT'] as const;
  // Until everything has started there is nothing to stop in order: the children end with this process.
  const exit = (): void => process.exit(1);
  for (const signal of signals) process.once(signal, exit);
  const serving = await serve(config, process.env, say);
  for (const signal of signals) process.off(signal, exit);
  say(`Rampart serves at ${serving.url} (API reference at ${serving.url}/docs)`);
  if (config.RAMPART_ADMIN_KEY === undefined)
    say('RAMPART_ADMIN_KEY is not set: only keys that were created before are accepted');
  return untilEnded(serving, config);
}

async function runApiProcesses(): Promise<number> {
  const config = parseConfigWithServers();
  if (cluster.isPrimary && config.RAMPART_API_PROCESSES > 1) {
    const { runCluster } = await import('./cluster.js');
    return untilEnded(runCluster(config.RAMPART_API_PROCESSES, createLogger(config.LOG_LEVEL)), config);
  }
  const { runApi } = await import('./api.js');
  return untilEnded(await runApi(config), config);
}

/** @throws {ConfigError} also if MongoDB or Temporal is not named: only `serve` starts its own */
function parseConfigWithServers(): Config {
  const config = parseConfig(process.env);
  for (const name of ['MONGODB_URI', 'TEMPORAL_ADDRESS'] as const) {
    if (config[name] === undefined)
      throw new ConfigError(`${name} is missing: set it, or use \`rampart serve\`, which starts its own`);
  }
  return config;
}

/** Runs until a signal tells this process to end, or until its parent has ended; then answers the exit code. */
async function untilEnded(running: Running, { RAMPART_PARENT }: Config): Promise<number> {
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
    // In a process of a cluster: its primary has ended.
    process.once('disconnect', () => resolve());
    if (RAMPART_PARENT === undefined) return;
    // The parent holds the other end of our standard input, which closes however the parent ends.
    process.stdin.once('end', () => resolve()).once('error', () => resolve());
    process.stdin.resume();
  });
  await running.stop();
  return 0;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

run(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isExpected = error instanceof ConfigError || error instanceof Unreachable;
    say(isExpected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(error instanceof ConfigError ? 2 : 1);
  },
);
