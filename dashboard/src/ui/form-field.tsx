import { useId, type ReactNode } from 'react';

export interface ControlProps {
  id: string;
  className: string;
  'aria-describedby': string;
  'aria-invalid': boolean;
}

interface Props {
  label: string;
  hint: string;
  /** What the API says of it. */
  error: string | undefined;
  children(props: ControlProps): ReactNode;
}

/** A control of a form with its label, and its hint or what is wrong with it. */
export function FormField({ label, hint, error, children }: Props) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        className: error === undefined ? 'input' : 'input bad',
        'aria-describedby': `${id}-hint`,
        'aria-invalid': error !== undefined,
      })}
      <span id={`${id}-hint`} className={error === undefined ? 'hint' : 'error'}>
        {error === undefined ? hint : `${label} ${error}`}
      </span>
    </div>
  );
}
