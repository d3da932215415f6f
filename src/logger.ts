import { pino, type Logger } from 'pino';

export type { Logger };

/** JSON lines on standard error. Never pass it unit ids or keys. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}
