import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { api, ApiError, bodyOf, idempotencyKey, type ProblemDocument } from '../../api/client.js';
import type { Definition } from './form.js';

export interface Saving {
  is: 'idle' | 'saving' | 'starting';
  /** What was refused, and whether the draft was saved before that. */
  refused: { problem: ProblemDocument; saved: string | null } | null;
  /** Saves a draft, and starts it where a body of a start is given. True where all was done. */
  save: (definition: Definition, start: { duration?: string } | null) => Promise<boolean>;
}

/** Saves and starts. What was sent before, and not answered, is sent under the same key. */
export function useSaving(): Saving {
  const queries = useQueryClient();
  const [is, setIs] = useState<Saving['is']>('idle');
  const [refused, setRefused] = useState<Saving['refused']>(null);
  const keys = useRef(new Map<string, ReturnType<typeof idempotencyKey>>());
  const keyOf = (content: unknown): ReturnType<typeof idempotencyKey> => {
    const text = JSON.stringify(content);
    const key = keys.current.get(text) ?? idempotencyKey();
    keys.current.set(text, key);
    return key;
  };

  async function save(definition: Definition, start: { duration?: string } | null): Promise<boolean> {
    const experiment_id = String(definition['experiment_id']);
    let saved = refused?.saved === experiment_id ? experiment_id : null;
    setIs(start === null ? 'saving' : 'starting');
    setRefused(null);
    try {
      if (saved === null) {
        // The API checks the definition, which is typed as text here.
        await bodyOf(
          api.POST('/v1/experiments', { body: definition as never, params: { header: keyOf(definition) } }),
        );
        saved = experiment_id;
      }
      if (start !== null) {
        const header = keyOf([experiment_id, 'start', start]);
        const params = { path: { experiment_id }, header };
        await bodyOf(api.POST('/v1/experiments/{experiment_id}/start', { params, body: start }));
      }
      await queries.invalidateQueries({ queryKey: ['experiments'] });
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status !== 0) keys.current.clear();
      setRefused({ problem: error.problem, saved });
      return false;
    } finally {
      setIs('idle');
    }
  }

  return { is, refused, save };
}
