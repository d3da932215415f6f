import { Modal } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { ApiError } from '../../api/client.js';
import { ActionButton } from '../../ui/action-button.js';
import { sentenceOf } from '../../ui/answer.js';
import { Icon } from '../../ui/icon.js';

interface Props {
  title: string;
  /** What it changes, before the button that does it. */
  children: ReactNode;
  /** The button is the verb: "Save revision 5". */
  verb: string;
  kind?: 'primary' | 'danger solid';
  onConfirm: () => Promise<void>;
  /** Takes a refusal elsewhere, such as to the fields of a form; true where it did. */
  onRefused?: (error: Error) => boolean;
  onClose: () => void;
}

/** Shows what changes before it is sent. A refusal stays in the dialog, and so does an answer that never came. */
export function ChangeDialog({
  title,
  children,
  verb,
  kind = 'primary',
  onConfirm,
  onRefused,
  onClose,
}: Props) {
  const [error, setError] = useState<Error | null>(null);
  const [isUnderWay, setIsUnderWay] = useState(false);

  async function confirm(): Promise<void> {
    setIsUnderWay(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (failure) {
      if (onRefused?.(failure as Error)) onClose();
      else setError(failure as Error);
    } finally {
      setIsUnderWay(false);
    }
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={640}
      centered
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className="flag-dialog">
        {children}
        <div role="alert">
          {error && (
            <p className="error">
              <Icon name="warn" />
              {refusalOf(error)}
            </p>
          )}
        </div>
        <div className="acts">
          <ActionButton onClick={onClose}>Cancel</ActionButton>
          <ActionButton
            kind={kind}
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

function refusalOf(error: Error): string {
  if (error instanceof ApiError && error.status === 0)
    return 'The server does not answer: it may be saved or not. Look at the revisions before you repeat it.';
  return sentenceOf(error, 'the flag');
}
