import type { Logger } from './logger.js';

export interface TroubleOptions {
  logger: Logger;
  /** Logged when it begins, followed by the message. */
  began: string;
  /** Logged when it ends. */
  ended: string;
  onBegin?: (message: string) => void;
  onEnd?: () => void;
}

/** A problem that lasts: it is reported once when it begins and once when it ends, however often it is found meanwhile. */
export class Trouble {
  private latest: string | null = null;

  constructor(private readonly options: TroubleOptions) {}

  /** The current problem; null while there is none. */
  get message(): string | null {
    return this.latest;
  }

  begin(message: string): void {
    const isNew = this.latest === null;
    this.latest = message;
    if (!isNew) return;
    const { logger, began, onBegin } = this.options;
    logger.warn(`${began}: ${message}`);
    onBegin?.(message);
  }

  end(): void {
    if (this.latest === null) return;
    this.latest = null;
    const { logger, ended, onEnd } = this.options;
    logger.info(ended);
    onEnd?.();
  }
}
