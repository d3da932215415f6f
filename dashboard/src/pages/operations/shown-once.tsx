import { Modal } from '@mantine/core';
import { useId, useState, type ReactNode } from 'react';
import { ActionButton } from '../../ui/action-button.js';
import { Strip } from '../../ui/strip.js';

interface Props {
  title: string;
  label: string;
  secret: string;
  /** Why it must be stored now. */
  children: ReactNode;
  onClose(): void;
}

/** Shows a new secret, this once. It closes only by its button. */
export function ShownOnce({ title, label, secret, children, onClose }: Props) {
  const [said, setSaid] = useState('');
  const id = useId();

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(secret);
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
          <Modal.Title>{title}</Modal.Title>
        </header>
        <div className="body">
          <Strip tone="hold" icon="warn">
            {children}
          </Strip>
          <div className="field">
            <label htmlFor={id}>{label}</label>
            <input
              id={id}
              className="input key-shown"
              readOnly
              value={secret}
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
