import { Switch } from '@mantine/core';
import { Sheet } from '../ui/sheet.js';
import { useShortcuts } from './use-shortcut.js';

const KEYS: [keys: string, does: string][] = [
  ['Ctrl K', 'Find or do'],
  ['↓ ↑', 'In what was found: the next one, the one before'],
  ['Enter', 'Open it, or do it'],
  ['Esc', 'Close what is open'],
  ['Tab', 'On to the next control; Shift with it goes back'],
  ['← →', 'In a picture: from look to look'],
  ['!', 'Emergency stop'],
  ['?', 'These keys'],
];

/** What can be done by keys. */
export function KeysDialog({ onClose }: { onClose(): void }) {
  const [isOn, setOn] = useShortcuts();
  return (
    <Sheet title="Keys" onClose={onClose}>
      <dl className="kv keys">
        {KEYS.map(([keys, does]) => (
          <div key={keys} className="pair">
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <Switch
        label="Single keys, such as ?"
        description="Off, only keys with Ctrl do something. Kept in this browser."
        checked={isOn}
        onChange={(event) => setOn(event.currentTarget.checked)}
      />
    </Sheet>
  );
}
