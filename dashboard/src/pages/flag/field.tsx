import { useId, type ReactNode } from 'react';
import { Icon } from '../../ui/icon.js';
import { controlId, errorsAt, type FieldError } from './field-errors.js';

interface ControlProps {
  id: string;
  className: string;
  'aria-invalid': boolean;
  'aria-describedby': string;
}

interface Props {
  path: string;
  label: string;
  hint?: ReactNode;
  errors: readonly FieldError[];
  /** The control, with what ties it to its label and errors. */
  children: (props: ControlProps) => ReactNode;
}

/** A control with its label, its hint, and what the API says of it. */
export function Field({ path, label, hint, errors, children }: Props) {
  const own = errorsAt(errors, path);
  const about = useId();
  return (
    <div className="field">
      <label htmlFor={controlId(path)}>{label}</label>
      {children({
        id: controlId(path),
        className: own.length > 0 ? 'input bad' : 'input',
        'aria-invalid': own.length > 0,
        'aria-describedby': about,
      })}
      <div id={about}>
        {hint !== undefined && <span className="hint">{hint}</span>}
        <Errors errors={own} path={path} />
      </div>
    </div>
  );
}

/** What the API says, each with its place where that is not the field itself. */
export function Errors({ errors, path = '' }: { errors: readonly FieldError[]; path?: string }) {
  return errors.map((one) => (
    <p className="error" key={`${one.path} ${one.message}`}>
      <Icon name="warn" />
      <span>
        {one.path !== path && <code>{one.path} </code>}
        {one.message}
      </span>
    </p>
  ));
}
