import type { ReactNode } from 'react';
import type { Tone } from '../words/codes.js';
import { Icon, type IconName } from './icon.js';

interface Props {
  tone: Exclude<Tone, 'plain'>;
  icon: IconName;
  /** Something at the end: since when, or a button. */
  aside?: ReactNode;
  children: ReactNode;
  /** Read out as soon as it appears. */
  urgent?: boolean;
}

/** A line above what it concerns: a hold, a stop, a page that is not fresh. */
export function Strip({ tone, icon, aside, children, urgent = false }: Props) {
  return (
    <div className={`strip ${tone}`} role={urgent ? 'alert' : 'status'}>
      <Icon name={icon} />
      <div>{children}</div>
      {aside !== undefined && <span className="when">{aside}</span>}
    </div>
  );
}
