/** A moment in ISO 8601. @param ms since the epoch */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
