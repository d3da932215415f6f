import { parseArgs } from 'node:util';
import { ConfigError } from '../config.js';

/** The options of all commands that ask a running API. A command sends what it is given, and the API checks it. */
const OPTIONS = {
  reason: { type: 'string' },
  variant: { type: 'string' },
  'start-date': { type: 'string' },
  'end-date': { type: 'string' },
  duration: { type: 'string' },
  all: { type: 'boolean' },
  role: { type: 'string' },
  name: { type: 'string' },
  policy: { type: 'string' },
  coverage: { type: 'string' },
  unit: { type: 'string', multiple: true },
  attributes: { type: 'string' },
  lift: { type: 'boolean' },
  wait: { type: 'boolean' },
  state: { type: 'string' },
  tag: { type: 'string' },
  days: { type: 'string' },
} as const;

export type ClientOptions = ReturnType<typeof parse>['values'];

/** @throws {ConfigError} if an option is unknown, or its value is missing */
export function parseClientOptions(argv: string[]): { options: ClientOptions; positionals: string[] } {
  try {
    const { values, positionals } = parse(argv);
    return { options: values, positionals };
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error));
  }
}

function parse(argv: string[]) {
  return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
}
