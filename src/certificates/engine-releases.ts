import { ENGINE_VERSION } from '../model/engine.js';
import { VERSION } from '../version.js';

/**
 * The last release that has each engine: its `rampart verify` verifies what that engine certified. Whoever raises
 * ENGINE_VERSION writes the release before as a text here. Engine 1 was never released.
 */
export const ENGINE_RELEASES: Readonly<Record<number, string>> = { [ENGINE_VERSION]: VERSION };

/** Which release verifies the certificates of an engine. */
export function verifierOf(
  engine: number,
  releases: Readonly<Record<number, string>> = ENGINE_RELEASES,
): string {
  const release = releases[engine];
  if (release !== undefined) return `release ${release} verifies it`;
  const newest = Math.max(...Object.keys(releases).map(Number));
  return engine > newest ? 'a newer release verifies it' : 'no release has that engine';
}
