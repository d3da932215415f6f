/** Whether a message of the server's stream says that flags may have changed. Other messages are ignored. */
export function isRefetchMessage(data: unknown): boolean {
  try {
    return (JSON.parse(String(data)) as { type?: unknown } | null)?.type === 'refetchEvaluation';
  } catch {
    return false;
  }
}
