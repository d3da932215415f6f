import { queryOptions } from '@tanstack/react-query';
import type { Message } from '../live/changes.js';
import { api, bodyOf } from './client.js';

// The first part of a key says what kind of thing an answer is about, the second which one: `keysOf` tells what a change
// makes old.

/** The keys of all answers that a change makes old. */
export function keysOf({ type, id }: Message): readonly unknown[][] {
  switch (type) {
    case 'experiment':
      return [['experiments'], ['experiment', id], ['layers']];
    case 'look':
      return [['experiments'], ['experiment', id]];
    case 'timeline':
      return [
        ['experiment', id, 'timeline'],
        ['experiment', id, 'decisions'],
      ];
    case 'definition':
      return [['definitions'], ['flags'], ['flag', id], ['layers']];
    case 'stop':
      return [['stops'], ['experiments']];
    case 'process':
      return [['processes'], ['stops'], ['experiment']];
    case 'ping':
    case 'reset':
      return [];
  }
}

export const experimentQuery = (experiment_id: string) =>
  queryOptions({
    queryKey: ['experiment', experiment_id],
    queryFn: () =>
      bodyOf(api.GET('/v1/experiments/{experiment_id}', { params: { path: { experiment_id } } })),
  });

export const stopsQuery = queryOptions({
  queryKey: ['stops'],
  queryFn: () => bodyOf(api.GET('/v1/emergency-stops', { params: { query: { limit: 100 } } })),
});
