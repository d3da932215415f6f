import { useCallback, useRef, useState } from 'react';
import { ApiError, idempotencyKey, type ProblemDocument } from '../api/client.js';

type Key = ReturnType<typeof idempotencyKey>;

/**
 * What became of a request that changes something. `unconfirmed`: nobody knows whether it was carried out; to repeat it is
 * safe, since it has the same key.
 */
export type Sending<T> =
  | { is: 'idle' }
  | { is: 'sending'; since: number }
  | { is: 'answered'; answer: T }
  | { is: 'refused'; problem: ProblemDocument }
  | { is: 'unconfirmed'; problem: ProblemDocument };

/**
 * Sends what somebody asks for, once. The same request has the same key until it is answered; another one, or one after a
 * refusal, has a new key. While nobody knows what became of one, that one is sent again, whatever the page shows by then.
 */
export function useSending<Body, T>(
  send: (body: Body, key: Key) => Promise<T>,
): { state: Sending<T>; go: (body: Body) => Promise<T | null>; reset: () => void } {
  const [state, setState] = useState<Sending<T>>({ is: 'idle' });
  const last = useRef<{ body: Body; text: string; key: Key; isOpen: boolean } | null>(null);

  const go = useCallback(
    async (body: Body): Promise<T | null> => {
      const text = JSON.stringify(body);
      if (last.current === null || (!last.current.isOpen && last.current.text !== text))
        last.current = { body, text, key: idempotencyKey(), isOpen: false };
      const sent = last.current;
      setState({ is: 'sending', since: Date.now() });
      try {
        const answer = await send(sent.body, sent.key);
        sent.isOpen = false;
        setState({ is: 'answered', answer });
        return answer;
      } catch (error) {
        const problem = problemOf(error);
        sent.isOpen = isUnknown(problem);
        if (sent.isOpen) setState({ is: 'unconfirmed', problem });
        else {
          last.current = null;
          setState({ is: 'refused', problem });
        }
        return null;
      }
    },
    [send],
  );
  const reset = useCallback(() => setState({ is: 'idle' }), []);
  return { state, go, reset };
}

/** Whether a request may have been carried out although its answer does not say so. */
function isUnknown({ status, code }: ProblemDocument): boolean {
  // `conflict`: the first one with this key is still under way.
  return status === 0 || status >= 500 || (status === 409 && code === 'conflict');
}

function problemOf(error: unknown): ProblemDocument {
  if (error instanceof ApiError) return error.problem;
  return { status: 0, title: 'Failed', detail: 'Something went wrong in this page.', code: 'no_answer' };
}
