import { Menu } from '@mantine/core';
import { useSession } from '../session/use-session.js';
import { Icon } from '../ui/icon.js';
import { useShortcuts } from './use-shortcut.js';

/** Who is signed in, what they may see, and the way out. */
export function AccountMenu() {
  const { session, signOut } = useSession();
  const { actor, role, environments } = session;
  const [hasKeys, setKeys] = useShortcuts();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button type="button" className="btn quiet who" aria-label={`Signed in as ${actor.name}, ${role}`}>
          {actor.name} <span>{role}</span>
          <Icon name="down" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {actor.id}
          {environments !== null && `, only ${environments.join(', ')}`}
        </Menu.Label>
        <Menu.Item component="a" href="/docs" target="_blank">
          The API
        </Menu.Item>
        <Menu.Item closeMenuOnClick={false} onClick={() => setKeys(!hasKeys)}>
          Single keys, such as ! : {hasKeys ? 'on' : 'off'}
        </Menu.Item>
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
