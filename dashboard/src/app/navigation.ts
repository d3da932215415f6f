import type { IconName } from '../ui/icon.js';

interface Section {
  path: '/' | '/experiments' | '/flags' | '/library' | '/operations';
  icon: IconName;
  text: string;
}

/** The sections of the dashboard, as the rail and the bottom bar show them. */
export const SECTIONS: readonly Section[] = [
  { path: '/', icon: 'bell', text: 'Attention' },
  { path: '/experiments', icon: 'flask', text: 'Experiments' },
  { path: '/flags', icon: 'flag', text: 'Flags' },
  { path: '/library', icon: 'books', text: 'Library' },
  { path: '/operations', icon: 'server', text: 'Operations' },
];
