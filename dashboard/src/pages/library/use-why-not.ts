import { useSession } from '../../session/use-session.js';

/** Why somebody whose role suffices may still not change what all environments share; null where they may. */
export function useWhyNot(): string | null {
  const { environments } = useSession().session;
  if (environments === null) return null;
  return `Every environment shares this, and your key is only for ${environments.join(', ')}.`;
}
