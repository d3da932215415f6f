#!/usr/bin/env node
import cluster from 'node:cluster';
import { ConfigError, parseConfig, type Config } from '../config.js';
import { createLogger } from '../logger.js';
import { analyzeCommand } from './analyze.js';
import { powerCommand } from './power.js';
import { rehearseCommand } from './rehearse.js';
import { exportCommand } from './export.js';
import { Unreachable } from './http.js';
import { importCommand } from './import.js';
import { verifyCommand } from './verify.js';
import { CLIENT_COMMANDS, clientCommand } from './client.js';
import type { Running } from './running.js';

const USAGE = `usage: rampart COMMAND

  serve           API, worker and, where none are given, embedded servers
  api             an API process (MONGODB_URI and TEMPORAL_ADDRESS are needed)
  worker          a worker process (the same)
  demo [--once]   the life of two experiments, with simulated users
  analyze FILE|-  evidence from sums, as JSON; docs/statistics.md has the contract
  power --baseline P (--mde R | --units N) [--kind mean --standard-deviation S]
        [--alpha --power --ratio --correlation]  the sample for an effect, or the effect of a sample
  rehearse FILE   an experiment on simulated users: how often it ships, rolls back, errs
        [--policy FILE --metric FILE… --runs N --seed N --true-lift R --guardrail-harm R --units-per-day N]

  verify FILE…    takes certified decisions again, bit for bit

  import --from flagd|growthbook|launchdarkly|unleash FILE|-  another system's flags, and all that differs
        [--environment NAME --project KEY] [--out DIR | --apply]
  export --to flagd [--in DIR] [--environment NAME] [--out FILE]

  of a running API (RAMPART_URL, RAMPART_KEY):
  create FILE|-, list [--state S] [--tag T], start ID [--start-date now] [--duration 14d | --end-date T]
  certificate ID N | rehearsal ID | backtest ID --policy POLICY
  get | watch | pause | resume | advance | approve ID
  ramp ID --coverage PERCENT | drop ID --variant V | close ID | extend ID --end-date T
  exclusions ID --unit UNIT… --reason TEXT | override ID --unit UNIT (--variant V | --lift)
  evaluate FLAG_ID [--unit UNIT] [--attributes '{…}'] | opt-out UNIT [--lift]
  stop | reject ID --reason TEXT,  conclude ID --variant V --reason TEXT
  emergency-stop (--all | ID…) --reason TEXT [--wait],  emergency-stops [STOP_ID] [--wait]
  release STOP_ID | force STOP_ID --reason TEXT
  stale-flags [--days 30],  keys create --role ROLE --name NAME

Settings come from the environment: README.md lists them.`;

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

function withServers(config: Config): Config {
  for (const name of ['MONGODB_URI', 'TEMPORAL_ADDRESS'] as const) {
    if (config[name] === undefined)
      throw new ConfigError(`${name} is missing: \`rampart serve\` starts one of its own`);
  }
  return config;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function run([command, ...argv]: string[]): Promise<number> {
  switch (command) {
    case 'serve': {
      const config = parseConfig(process.env);
      const { serve } = await import('./serve.js');
      const signals = ['SIGTERM', 'SIGINT'] as const;
      const early = (): void => process.exit(1);
      for (const signal of signals) process.once(signal, early);
      const serving = await serve(config, process.env, say);
      for (const signal of signals) process.off(signal, early);
      say(`Rampart serves at ${serving.url} (API reference at ${serving.url}/docs)`);
      if (config.RAMPART_ADMIN_KEY === undefined)
        say('no RAMPART_ADMIN_KEY: only keys made before are known');
      return untilEnded(serving, config);
    }
    case 'api': {
      const config = withServers(parseConfig(process.env));
      if (cluster.isPrimary && config.RAMPART_API_PROCESSES > 1) {
        const { runCluster } = await import('./cluster.js');
        return untilEnded(runCluster(config.RAMPART_API_PROCESSES, createLogger(config.LOG_LEVEL)), config);
      }
      const { runApi } = await import('./api.js');
      return untilEnded(await runApi(config), config);
    }
    case 'worker': {
      const config = withServers(parseConfig(process.env));
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
      process.stdout.write(`${USAGE}\n`);
      return command === undefined ? 2 : 0;
    default:
      if (CLIENT_COMMANDS.some((one) => one === command)) return clientCommand(command, argv, process.env);
      say(`no command ${command}\n\n${USAGE}`);
      return 2;
  }
}

run(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isExpected = error instanceof ConfigError || error instanceof Unreachable;
    say(isExpected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(error instanceof ConfigError ? 2 : 1);
  },
);
