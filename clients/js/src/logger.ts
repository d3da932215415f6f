/** Receives problems and their ends; `console` is one. */
export interface Logger {
  warn(message: string): void;
  info(message: string): void;
}

/** A logger that never throws: an error in it must not reach the code that evaluates a flag. */
export function safeLogger(logger: Logger): Logger {
  const log = (level: 'warn' | 'info', message: string): void => {
    try {
      logger[level](`rampart: ${message}`);
    } catch {
      // There is nowhere left to report it.
    }
  };
  return { warn: (message) => log('warn', message), info: (message) => log('info', message) };
}
