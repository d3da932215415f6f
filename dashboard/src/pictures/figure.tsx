import { useId, useState, type ReactNode } from 'react';
import { usePaper } from '../ui/paper.js';
import { TableScroll } from '../ui/table-scroll.js';
import { useWidth } from './use-width.js';

interface Props {
  /** The finding, as a sentence. */
  title: string;
  /** How to read it. */
  how?: string;
  /** The same numbers as a table. */
  table: ReactNode;
  /** Draws for a width, px. */
  children: (width: number) => ReactNode;
  tools?: ReactNode;
}

/** A picture with what it says, how it is read, and the same as a table; on paper the picture alone. */
export function Figure({ title, how, table, children, tools }: Props) {
  const [isTable, setIsTable] = useState(false);
  const [element, width] = useWidth<HTMLDivElement>();
  const isPaper = usePaper() !== null;
  const id = useId();
  return (
    <figure className="pic" aria-labelledby={id}>
      <figcaption>
        <b id={id}>{title}</b>
        {how !== undefined && <span className="how">{how}</span>}
        {!isPaper && (
          <span className="tools">
            {tools}
            <button
              type="button"
              className="link"
              onClick={() => setIsTable(!isTable)}
              aria-pressed={isTable}
            >
              {isTable ? 'Show as picture' : 'Show as table'}
            </button>
          </span>
        )}
      </figcaption>
      <div className="plot" ref={element}>
        {isTable ? <TableScroll label={title}>{table}</TableScroll> : width > 0 && children(width)}
      </div>
    </figure>
  );
}
