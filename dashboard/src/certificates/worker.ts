import { z } from 'zod';
import type { Asked, Told } from './messages.js';
import { sha256 } from './sha256.js';
import { verdictOf } from './verdict.js';
import { walk } from './walk.js';

// Policies are checked without code that is made at run time, which the page's security policy does not allow.
z.config({ jitless: true });

addEventListener('message', ({ data }: MessageEvent<Asked>) => {
  postMessage(answerTo(data));
});

function answerTo(asked: Asked): Told {
  const { id } = asked;
  try {
    const answer =
      asked.kind === 'walk' ? walk(asked.certificate) : verdictOf(asked.certificate, asked.earlier, sha256);
    return { id, answer };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : 'it could not be computed' };
  }
}
