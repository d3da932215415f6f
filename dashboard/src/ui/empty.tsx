import type { ReactNode } from 'react';

/** Nothing is here: what is missing, and the way on. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="empty">
      <h2 className="h2">{title}</h2>
      <p className="muted">{children}</p>
      {action}
    </div>
  );
}
