import type { QueryClient } from '@tanstack/react-query';
import { keysOf } from '../api/queries.js';

/** What the server says has changed. `reset` is the first message of a connection. */
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
    for (const key of keysOf(message)) this.waiting.set(JSON.stringify(key), key);
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => this.flush(), this.gather_ms);
  }

  everything(): void {
    void this.queries.invalidateQueries();
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private flush(): void {
    this.timer = null;
    const keys = [...this.waiting.values()];
    this.waiting.clear();
    // A request that is under way may have been answered before the change: it is left to end, and asked again.
    for (const queryKey of keys) void this.queries.invalidateQueries({ queryKey }, { cancelRefetch: true });
  }
}
