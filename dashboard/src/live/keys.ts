import type { Message } from './changes.js';

// The first part of a key says what kind of thing an answer is about, the second which one.

/** The keys of all answers that a change makes old. Rows of the list of experiments are asked for one by one: `changedRow`. */
export function keysOf({ type, id }: Message): readonly unknown[][] {
  switch (type) {
    case 'experiment':
      // A flag tells which experiments drive it.
      return [NEEDY, ['experiment', id], ['layers'], ['flags'], ['flag']];
    case 'look':
      return [NEEDY, ['experiment', id]];
    case 'timeline':
      return [['experiment', id, 'timeline'], ['experiment', id, 'decisions'], ['audit']];
    case 'definition':
      return [['definitions'], ['flags'], ['flag', id], ['layers'], ['audit']];
    case 'stop':
      return [['stops'], ['experiments'], ['audit']];
    case 'process':
      return [['processes'], ['stops'], ['experiment'], NEEDY];
    case 'ping':
    case 'reset':
      return [];
  }
}

const NEEDY = ['experiments', 'needs'];

/** The experiment whose row in the list a change makes old; null where it is about no single one. */
export function changedRow({ type, id }: Message): string | null {
  return type === 'experiment' || type === 'look' ? id : null;
}
