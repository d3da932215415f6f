import { useLocalStorage } from '@mantine/hooks';
import { useEffect } from 'react';

/** Whether single keys do something; kept in this browser. Who dictates or trips over keys turns them off. */
export function useShortcuts(): [isOn: boolean, setOn: (isOn: boolean) => void] {
  const [value, setValue] = useLocalStorage({
    key: 'rampart-keys',
    defaultValue: 'on',
    getInitialValueInEffect: false,
  });
  return [value !== 'off', (isOn) => setValue(isOn ? 'on' : 'off')];
}

const TYPING = 'input, textarea, select, [contenteditable], [role=dialog]';

/** A key that does something on every page, unless somebody types or has a dialog open. */
export function useShortcut(key: string, act: () => void): void {
  const [isOn] = useShortcuts();
  useEffect(() => {
    if (!isOn) return;
    const listen = (event: KeyboardEvent): void => {
      if (event.key !== key || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest(TYPING)) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  });
}
