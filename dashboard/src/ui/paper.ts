import { createContext, useContext } from 'react';

/** The width of pictures on paper, px: there is no screen to measure, and nothing to click. Null on a page. */
export const PaperContext = createContext<number | null>(null);

export function usePaper(): number | null {
  return useContext(PaperContext);
}
