import type { Environment } from '../config.js';
import { runProgram } from './program.js';

/**
 * Runs a command that asks a running API: its answer as JSON on standard output, a refusal on standard error.
 *
 * @returns 0 if the API agreed, 1 if it refused, 2 if the command line is incomplete
 * @throws {ConfigError} without a key, or if an option is wrong
 * @throws {Unreachable} if the API does not answer
 */
export function clientCommand(name: string, argv: string[], environment: Environment): Promise<number> {
  return runProgram([name, ...argv], environment);
}
