import type { Answers, Asked, Question, Told } from './messages.js';

type Waiting = { resolve: (answer: never) => void; reject: (error: Error) => void };

const waiting = new Map<number, Waiting>();
let worker: Worker | null = null;
let asked = 0;

/** The engine's own code in this browser, beside the page so that it stays smooth; loaded when it is first asked. */
export function askEngine<Q extends Question>(question: Q): Promise<Answers[Q['kind']]> {
  worker ??= started();
  const id = ++asked;
  const message: Asked = { ...question, id };
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker!.postMessage(message);
  });
}

function started(): Worker {
  const one = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  one.addEventListener('message', ({ data }: MessageEvent<Told>) => {
    const asker = waiting.get(data.id);
    waiting.delete(data.id);
    if ('error' in data) asker?.reject(new Error(data.error));
    else asker?.resolve(data.answer as never);
  });
  one.addEventListener('error', () => {
    for (const asker of waiting.values()) asker.reject(new Error('this browser could not load the engine'));
    waiting.clear();
    worker = null;
  });
  return one;
}
