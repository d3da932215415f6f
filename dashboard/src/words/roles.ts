import type { Session } from '../session/use-session.js';

/** What each role is for. */
export const ROLES: Record<Session['role'], { name: string; may: string }> = {
  client: { name: 'Client', may: 'a browser or an app: evaluates flags and sends events' },
  server: { name: 'Server', may: 'a backend: evaluates flags by itself and sends events' },
  viewer: { name: 'Viewer', may: 'sees everything and changes nothing' },
  experimenter: { name: 'Experimenter', may: 'makes and runs experiments, flags and the library' },
  operator: { name: 'Operator', may: 'runs experiments and stops them in an emergency' },
  admin: { name: 'Admin', may: 'everything, keys and policies included' },
};
