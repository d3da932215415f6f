import { useId, type ReactNode } from 'react';

interface Props {
  title: ReactNode;
  /** Beside the title: how old it is. */
  age?: ReactNode;
  /** At the end of the head. */
  tools?: ReactNode;
  children: ReactNode;
  /** The content reaches the edges, as tables do. */
  flush?: boolean;
}

/** A part of a page with a title of its own. */
export function Card({ title, age, tools, children, flush = false }: Props) {
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {age}
        {tools !== undefined && <span className="tools">{tools}</span>}
      </header>
      {flush ? children : <div className="body">{children}</div>}
    </section>
  );
}
