import { useEffect, useRef, useState, type RefObject } from 'react';
import { usePaper } from '../ui/paper.js';

/** The width that an element has, px; 0 until it is known. Pictures are drawn for it anew. */
export function useWidth<T extends HTMLElement>(): [RefObject<T | null>, number] {
  const element = useRef<T>(null);
  const [width, setWidth] = useState(usePaper() ?? 0);
  useEffect(() => {
    const { current } = element;
    if (!current) return;
    const observer = new ResizeObserver(() => setWidth(Math.floor(current.clientWidth)));
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}
