import { pino, type Logger } from 'pino';

export type { Logger };

/** JSON lines on standard error. Unit ids and keys are never passed to it. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}
