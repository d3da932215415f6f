import type { Message } from './changes.js';

// The first part of a key says what kind of thing an answer is about, the second which one.

/** The keys of all answers that a change makes old. */
export function keysOf({ type, id }: Message): readonly unknown[][] {
  switch (type) {
    case 'experiment':
      // A flag tells which experiments drive it.
      return [['experiments'], ['experiment', id], ['layers'], ['flags'], ['flag']];
    case 'look':
      return [['experiments'], ['experiment', id]];
    case 'timeline':
      return [['experiment', id, 'timeline'], ['experiment', id, 'decisions'], ['audit']];
    case 'definition':
      return [['definitions'], ['flags'], ['flag', id], ['layers'], ['audit']];
    case 'stop':
      return [['stops'], ['experiments'], ['audit']];
    case 'process':
      return [['processes'], ['stops'], ['experiment'], ['experiments', 'needs']];
    case 'ping':
    case 'reset':
      return [];
  }
}
