import type { Session } from './use-session.js';

/** Why nothing may be asked of this experiment by somebody who may ask it of others; null where it may. */
export function notHere(
  { environments }: Pick<Session, 'environments'>,
  { environment }: { environment?: string | undefined },
): string | null {
  if (environments === null || (environment !== undefined && environments.includes(environment))) return null;
  const where = environment === undefined ? 'every environment' : environment;
  return `You may act only in ${environments.join(', ')}, and this runs in ${where}.`;
}
