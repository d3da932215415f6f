import { Modal } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { ActionButton } from './action-button.js';
import { sentenceOf } from './answer.js';
import { Icon } from './icon.js';

interface Props {
  opened: boolean;
  title: string;
  /** What it does, before the button that does it. */
  children: ReactNode;
  /** The button is the verb: "Delete the segment". */
  verb: string;
  /** Closes it by itself where it succeeds. */
  onConfirm(): Promise<void>;
  onClose(): void;
}

/** Asks before something that cannot be taken back. A refusal stays in the dialog. */
export function Confirm({ opened, title, children, verb, onConfirm, onClose }: Props) {
  const [error, setError] = useState<Error | null>(null);
  const [isUnderWay, setIsUnderWay] = useState(false);

  function close(): void {
    setError(null);
    onClose();
  }

  async function confirm(): Promise<void> {
    setIsUnderWay(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (failure) {
      setError(failure as Error);
    } finally {
      setIsUnderWay(false);
    }
  }

  return (
    <Modal
      opened={opened}
      onClose={close}
      title={title}
      size={560}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className="confirm">
        {children}
        <div role="alert">
          {error && (
            <p className="error">
              <Icon name="warn" />
              {sentenceOf(error, 'it')}
            </p>
          )}
        </div>
        <div className="acts">
          <ActionButton onClick={close}>Cancel</ActionButton>
          <ActionButton
            kind="danger solid"
            onClick={() => void confirm()}
            why_not={isUnderWay ? 'It is under way' : null}
          >
            {verb}
          </ActionButton>
        </div>
      </div>
    </Modal>
  );
}
