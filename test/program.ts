import { fileURLToPath } from 'node:url';

/**
 * How node is told to run the compiled program, as users run it; it is compiled where that is needed. Compiling at each
 * start, as tsx does, takes a processor for seconds.
 */
export const PROGRAM = [fileURLToPath(new URL('../scripts/cli.js', import.meta.url))];
