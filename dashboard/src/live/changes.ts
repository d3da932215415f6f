import type { QueryClient } from '@tanstack/react-query';
import { keysOf } from './keys.js';

/** What the server says has changed. After `reset` all changes are told, and nothing of what happened before it. */
export interface Message {
  type: 'experiment' | 'look' | 'timeline' | 'definition' | 'stop' | 'process' | 'ping' | 'reset';
  id: string;
  version: number;
  at: string;
}

/** Gathers changes for a moment, and then has what is shown of them asked for once. */
export class Changes {
  private readonly waiting = new Map<string, readonly unknown[]>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly queries: QueryClient,
    private readonly gather_ms: number,
  ) {}

  add(message: Message): void {
    if (message.type === 'reset')
      for (const { queryHash, queryKey } of this.queries.getQueryCache().getAll())
        this.waiting.set(queryHash, queryKey);
    for (const key of keysOf(message)) this.waiting.set(JSON.stringify(key), key);
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => this.flush(), this.gather_ms);
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private flush(): void {
    this.timer = null;
    for (const [name, queryKey] of [...this.waiting]) {
      // An answer on its way may be older than the change: it is left to arrive, and then asked for again. To cancel it
      // would never show anything where changes come faster than answers.
      if (this.queries.isFetching({ queryKey }) > 0) continue;
      this.waiting.delete(name);
      void this.queries.invalidateQueries({ queryKey });
    }
    if (this.waiting.size > 0) this.timer = setTimeout(() => this.flush(), this.gather_ms);
  }
}
