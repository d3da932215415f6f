import type { QueryClient } from '@tanstack/react-query';
import { changedRow, keysOf } from './keys.js';

/** What the server says has changed. After `reset` all changes are told, and nothing of what happened before it. */
export interface Message {
  type: 'experiment' | 'look' | 'timeline' | 'definition' | 'stop' | 'process' | 'ping' | 'reset';
  id: string;
  version: number;
  at: string;
}

export interface ChangesOptions {
  queries: QueryClient;
  gather_ms: number;
  /** Asks again for these rows of the list of experiments; false where an answer is on its way that may be older. */
  refreshRows: (ids: readonly string[]) => Promise<void> | false;
}

/** Gathers changes for a moment, and then has what is shown of them asked for once. */
export class Changes {
  private readonly waiting = new Map<string, readonly unknown[]>();
  private readonly rows = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly options: ChangesOptions) {}

  add(message: Message): void {
    if (message.type === 'reset')
      for (const { queryHash, queryKey } of this.options.queries.getQueryCache().getAll())
        this.waiting.set(queryHash, queryKey);
    for (const key of keysOf(message)) this.waiting.set(JSON.stringify(key), key);
    const row = changedRow(message);
    if (row !== null) this.rows.add(row);
    this.flushSoon();
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private flushSoon(): void {
    if (this.waiting.size + this.rows.size > 0)
      this.timer ??= setTimeout(() => this.flush(), this.options.gather_ms);
  }

  private flush(): void {
    const { queries, refreshRows } = this.options;
    this.timer = null;
    for (const [name, queryKey] of [...this.waiting]) {
      // An answer on its way may be older than the change: it is left to arrive, and then asked for again. To cancel it
      // would never show anything where changes come faster than answers.
      if (queries.isFetching({ queryKey }) > 0) continue;
      this.waiting.delete(name);
      void queries.invalidateQueries({ queryKey });
    }
    if (this.rows.size > 0 && refreshRows([...this.rows]) !== false) this.rows.clear();
    this.flushSoon();
  }
}
