/** One read shared by all callers that ask at about the same time. The result is at most `ms` old. */
export class SharedRead<T> {
  private last: { at: number; answer: Promise<T> } | null = null;

  constructor(
    private readonly ms: number,
    private readonly read: () => Promise<T>,
  ) {}

  get(): Promise<T> {
    const now = performance.now();
    if (this.last && now - this.last.at < this.ms) return this.last.answer;
    const last = { at: now, answer: this.read() };
    this.last = last;
    // After a failure the next caller reads again.
    last.answer.catch(() => {
      if (this.last === last) this.last = null;
    });
    return last.answer;
  }
}
