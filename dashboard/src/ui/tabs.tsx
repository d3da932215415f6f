import { useLocation } from '@tanstack/react-router';
import { useEffect, useRef, type ReactNode } from 'react';

/** The parts of a page, in a row that scrolls where there is little room: the open one is in view. */
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    const open = nav.current?.querySelector('[aria-current]');
    if (!nav.current || !open) return;
    const [row, link] = [nav.current.getBoundingClientRect(), open.getBoundingClientRect()];
    if (link.left < row.left || link.right > row.right)
      nav.current.scrollLeft += link.left - row.left - (row.width - link.width) / 2;
  }, [pathname]);
  return (
    <nav className="tabs" aria-label={label} ref={nav}>
      {children}
    </nav>
  );
}
