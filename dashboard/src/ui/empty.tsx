import type { ReactNode } from 'react';

/** Nothing is here: what is missing, and the way on. */
export function Empty({
  title,
  heading: Heading = 'h2',
  children,
  action,
}: {
  title: string;
  /** `h1` where the page has no other. */
  heading?: 'h1' | 'h2';
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="empty">
      <Heading className="h2">{title}</Heading>
      <p className="muted">{children}</p>
      {action}
    </div>
  );
}
