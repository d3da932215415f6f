import type { IconName } from '../ui/icon.js';

/** Something that the palette finds or does. */
export interface Entry {
  key: string;
  icon: IconName;
  text: string;
  /** What it is: its kind, its id, where it stands. */
  note: string;
  run(): void;
}

const MOST = 40;

/** The entries that have all the words of what is written, the better ones first; all, in their order, where nothing is. */
export function matching(entries: readonly Entry[], written: string): Entry[] {
  const words = written
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return entries.slice(0, MOST);
  return entries
    .map((entry, index) => ({ entry, index, rank: rankOf(entry, words) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank || a.index - b.index)
    .slice(0, MOST)
    .map(({ entry }) => entry);
}

/** 0: it is not meant. What begins with a word is meant more than what only has it somewhere. */
function rankOf({ text, note }: Entry, words: readonly string[]): number {
  const [name, rest] = [text.toLowerCase(), note.toLowerCase()];
  let rank = 0;
  for (const word of words) {
    if (name === word) rank += 16;
    else if (name.startsWith(word)) rank += 8;
    else if (name.split(/[\s_.-]/).some((part) => part.startsWith(word))) rank += 4;
    else if (name.includes(word)) rank += 2;
    else if (rest.includes(word)) rank += 1;
    else return 0;
  }
  return rank;
}
