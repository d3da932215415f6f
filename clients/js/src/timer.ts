/** Runs a function later; returns a function that cancels it. The timer does not keep a process alive. */
export function later(ms: number, run: () => void): () => void {
  const timer: unknown = setTimeout(run, ms);
  // In browsers a timer is a number, and there is no process to keep alive.
  if (typeof timer === 'object' && timer !== null) (timer as { unref?: () => void }).unref?.();
  return () => clearTimeout(timer as number);
}

/** Resolves after `ms`, or at once when aborted. Unlike `later` it keeps the process alive, because somebody awaits it. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
