import { Tooltip } from '@mantine/core';
import { useId, type ReactNode } from 'react';

interface Props {
  children: ReactNode;
  onClick: () => void;
  /** Why it cannot be done now; null where it can. The button then stays in reach, and says so. */
  why_not?: string | null;
  kind?: 'plain' | 'primary' | 'danger' | 'danger solid' | 'quiet';
  type?: 'button' | 'submit';
}

/** A button that says why it cannot be used, in place of being dumb. */
export function ActionButton({ children, onClick, why_not = null, kind = 'plain', type = 'button' }: Props) {
  const id = useId();
  const className = kind === 'plain' ? 'btn' : `btn ${kind}`;
  if (why_not === null) {
    return (
      <button type={type} className={className} onClick={onClick}>
        {children}
      </button>
    );
  }
  return (
    <Tooltip label={why_not} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
      <button
        type="button"
        className={className}
        aria-disabled="true"
        aria-describedby={id}
        onClick={(event) => event.preventDefault()}
      >
        {children}
        <span id={id} hidden>
          {why_not}
        </span>
      </button>
    </Tooltip>
  );
}
