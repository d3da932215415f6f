import type { Environment } from '../config.js';
import { CLIENT_COMMANDS } from './client-commands.js';
import { parseClientOptions } from './client-options.js';
import { apiOf } from './http.js';

/**
 * Runs a command that asks a running API: its answer as JSON on standard output, a refusal on standard error.
 *
 * @returns 0 if the API agreed, 1 if it refused, 2 if the command line is incomplete
 * @throws {ConfigError} without a key, or if an option is wrong
 * @throws {Unreachable} if the API does not answer
 */
export async function clientCommand(name: string, argv: string[], environment: Environment): Promise<number> {
  const command = CLIENT_COMMANDS[name]!;
  const api = apiOf(environment);
  const { options, positionals } = parseClientOptions(argv);
  const code = command.run({ api, options, positionals });
  if (code !== 'incomplete') return code;
  process.stderr.write(`usage: rampart ${name} ${command.usage}\n`);
  return 2;
}
