/** A process cannot start. The message is one line that says why, and what to do; empty where that has been said. */
export class StartError extends Error {}

/** The first line of what went wrong. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
