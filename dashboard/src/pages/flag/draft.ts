import { createContext, useContext } from 'react';
import { definitionOf } from '../../api/flags.js';
import type { FlagDefinition } from '../../words/flag-sentences.js';
import type { Flag } from '../../words/flags.js';

/** An edit as text: what is typed may be no JSON yet. */
export type Parsed = { value: FlagDefinition; error: null } | { value: null; error: string };

/** What the tabs of a flag share: the edit that is not saved, and the context of the playground. */
export interface FlagDesk {
  flag: Flag;
  /** Null where nothing was changed. */
  text: string | null;
  /** The revision that the edit began with. */
  base: number | null;
  change: (text: string | null) => void;
  context: string;
  setContext: (context: string) => void;
}

export const DeskContext = createContext<FlagDesk | null>(null);

export function useDesk(): FlagDesk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('there is no flag here');
  return desk;
}

export function textOf(definition: FlagDefinition): string {
  return JSON.stringify(definition, null, 2);
}

export function parsedOf(text: string): Parsed {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { value: value as FlagDefinition, error: null };
    return { value: null, error: 'A flag is a JSON object: it begins with { and ends with }' };
  } catch (error) {
    return { value: null, error: `This is no JSON yet: ${(error as Error).message}` };
  }
}

/** The edit of a flag that can be read; null where there is none, or where it is no JSON yet. */
export function editOf({ flag, text }: Pick<FlagDesk, 'flag' | 'text'>): FlagDefinition | null {
  if (text === null) return null;
  const { value } = parsedOf(text);
  return value === null || textOf(value) === textOf(definitionOf(flag)) ? null : value;
}
