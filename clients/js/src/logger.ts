/** Where trouble and its end are told; `console` is one. */
export interface Logger {
  warn(message: string): void;
  info(message: string): void;
}

/** A logger that never throws: what fails in it must not reach the code that asks for a flag. */
export function safeLogger(logger: Logger): Logger {
  const tell = (level: 'warn' | 'info', message: string): void => {
    try {
      logger[level](`rampart: ${message}`);
    } catch {
      // There is nobody left to tell.
    }
  };
  return { warn: (message) => tell('warn', message), info: (message) => tell('info', message) };
}
