import { Link } from '@tanstack/react-router';
import { useSession, type Action } from '../../session/use-session.js';
import { Tabs } from '../../ui/tabs.js';

interface Part {
  path:
    | '/operations/stops'
    | '/operations/system'
    | '/operations/worth'
    | '/operations/events'
    | '/operations/audit'
    | '/operations/keys'
    | '/operations/webhooks'
    | '/operations/privacy';
  text: string;
  /** Who may do this sees it. */
  action: Action;
}

const PARTS: readonly Part[] = [
  { path: '/operations/stops', text: 'Stops', action: 'read' },
  { path: '/operations/system', text: 'System', action: 'read' },
  { path: '/operations/worth', text: 'Worth', action: 'read' },
  { path: '/operations/events', text: 'Events', action: 'read' },
  { path: '/operations/audit', text: 'Audit', action: 'read' },
  { path: '/operations/keys', text: 'Keys', action: 'administer' },
  { path: '/operations/webhooks', text: 'Webhooks', action: 'administer' },
  { path: '/operations/privacy', text: 'Privacy', action: 'administer' },
];

/** The parts of Operations, above each of them. */
export function OperationsNav() {
  const { may } = useSession().session;
  return (
    <Tabs label="Operations">
      {PARTS.filter(({ action }) => may.includes(action)).map(({ path, text }) => (
        <Link key={path} to={path}>
          {text}
        </Link>
      ))}
    </Tabs>
  );
}
