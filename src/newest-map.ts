/** A map of a bounded size, for what a process remembers as long as it lives: it forgets what was used longest ago. */
export class NewestMap<K, V> {
  /** A map keeps the order of insertion: what was used longest ago is first. */
  private readonly entries = new Map<K, V>();

  /** @param most entries that are kept */
  constructor(private readonly most: number) {}

  get size(): number {
    return this.entries.size;
  }

  /** Counts as use. */
  get(key: K): V | undefined {
    const value = this.entries.get(key);
    if (value !== undefined) this.keep(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.keep(key, value);
    if (this.entries.size > this.most) this.entries.delete(this.entries.keys().next().value!);
  }

  delete(key: K): void {
    this.entries.delete(key);
  }

  private keep(key: K, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
  }
}
