import { Modal } from '@mantine/core';
import { useId, useState } from 'react';
import type { NewKey } from '../../api/administration.js';
import { ActionButton } from '../../ui/action-button.js';
import { Strip } from '../../ui/strip.js';

/** Shows a new key, this once. It closes only by its button. */
export function CreatedKey({ created: { name, key }, onClose }: { created: NewKey; onClose(): void }) {
  const [said, setSaid] = useState('');
  const id = useId();

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(key);
      setSaid('It is in the clipboard.');
    } catch {
      setSaid('The browser does not let this page copy: select it and copy it yourself.');
    }
  }

  return (
    <Modal.Root
      opened
      onClose={onClose}
      size={560}
      centered
      closeOnClickOutside={false}
      closeOnEscape={false}
      transitionProps={{ duration: 0 }}
      classNames={{ inner: 'sheet-place', content: 'dialog sheet', overlay: 'sheet-scrim' }}
    >
      <Modal.Overlay />
      <Modal.Content>
        <header role="none">
          <Modal.Title>The key {name}</Modal.Title>
        </header>
        <div className="body">
          <Strip tone="hold" icon="warn">
            <b>This key is not shown again.</b> Store it now where its user finds it. Only its hash is kept
            here.
          </Strip>
          <div className="field">
            <label htmlFor={id}>Key</label>
            <input
              id={id}
              className="input key-shown"
              readOnly
              value={key}
              onFocus={(event) => event.currentTarget.select()}
              data-autofocus
            />
            <span className="hint" role="status">
              {said}
            </span>
          </div>
        </div>
        <footer role="none">
          <ActionButton onClick={() => void copy()}>Copy</ActionButton>
          <ActionButton kind="primary" onClick={onClose}>
            I have stored it
          </ActionButton>
        </footer>
      </Modal.Content>
    </Modal.Root>
  );
}
