import { Modal, Switch } from '@mantine/core';
import { useState } from 'react';
import { areSingleKeysOn, setSingleKeys } from './single-keys.js';

const KEYS: [keys: string, does: string][] = [
  ['Ctrl K', 'Find or do'],
  ['↓ ↑', 'The next one in a list of findings, the one before'],
  ['Enter', 'Open it, or do it'],
  ['Esc', 'Close what is open'],
  ['Tab', 'On to the next control; Shift with it goes back'],
  ['← →', 'In a picture: from look to look'],
  ['?', 'These keys'],
];

/** What can be done by keys. */
export function KeysDialog({ onClose }: { onClose(): void }) {
  const [isOn, setIsOn] = useState(areSingleKeysOn);
  return (
    <Modal opened onClose={onClose} title="Keys" size={480} closeButtonProps={{ 'aria-label': 'Close' }}>
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
        onChange={(event) => {
          setIsOn(event.currentTarget.checked);
          setSingleKeys(event.currentTarget.checked);
        }}
      />
    </Modal>
  );
}
