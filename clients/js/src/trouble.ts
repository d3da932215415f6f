import type { Logger } from './logger.js';

export interface TroubleOptions {
  logger: Logger;
  /** What is told when it begins, before the message. */
  began: string;
  /** What is told when it ends. */
  ended: string;
  onBegin?: (message: string) => void;
  onEnd?: () => void;
}

/** A state that is told once when it begins and once when it ends, however often it is found in between. */
export class Trouble {
  private latest: string | null = null;

  constructor(private readonly options: TroubleOptions) {}

  /** What is wrong now; null where nothing is. */
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
