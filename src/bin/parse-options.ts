import { parseArgs, type ParseArgsConfig } from 'node:util';
import { failure } from '../errors.js';

/** As `parseArgs`. @throws {RampartError} validation_failed, naming the option that is wrong */
export function parseOptions<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw failure('validation_failed', error instanceof Error ? error.message : String(error));
  }
}
