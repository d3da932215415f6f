import type { ReactNode } from 'react';
import type { Tone } from '../words/codes.js';
import { Icon, type IconName } from './icon.js';

/** A state: its glyph, its word, and a tint only where it means something. */
export function Pill({ tone, icon, children }: { tone: Tone; icon: IconName; children: ReactNode }) {
  return (
    <span className={tone === 'plain' ? 'pill' : `pill ${tone}`}>
      <Icon name={icon} />
      {children}
    </span>
  );
}
