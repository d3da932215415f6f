import { Menu, useMantineColorScheme } from '@mantine/core';
import { Icon } from '../ui/icon.js';

const SCHEMES = [
  ['auto', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

export function ThemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const now = SCHEMES.find(([scheme]) => scheme === colorScheme)![1];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button type="button" className="icon-btn theme" aria-label={`Theme: ${now}`}>
          <Icon name="theme" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {SCHEMES.map(([scheme, text]) => (
          <Menu.Item
            key={scheme}
            onClick={() => setColorScheme(scheme)}
            leftSection={<span className="tick">{scheme === colorScheme ? '✓' : ''}</span>}
          >
            {text}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
