#!/usr/bin/env node
import { ConfigError } from '../config.js';
import { StartError } from '../start-error.js';
import { Unreachable } from './http.js';
import { runProgram } from './program.js';

runProgram(process.argv.slice(2), process.env).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isSetting = error instanceof ConfigError || error instanceof StartError;
    const isExpected = isSetting || error instanceof Unreachable;
    const line = isExpected
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
    // Where it is empty, a child has said it.
    if (line !== '') process.stderr.write(`${line}\n`);
    process.exit(isSetting ? 2 : 1);
  },
);
