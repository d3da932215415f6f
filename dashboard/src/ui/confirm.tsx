import { useState, type ReactNode } from 'react';
import { sentenceOf } from './answer.js';
import { Icon } from './icon.js';
import { Foot, Sheet } from './sheet.js';

interface Props {
  title: string;
  /** What it does, before the button that does it. */
  children: ReactNode;
  /** The button is the verb: "Delete the segment". */
  verb: string;
  /** It closes where this succeeds. */
  onConfirm(): Promise<void>;
  onClose(): void;
}

/** Asks before something that cannot be taken back. A refusal stays in the dialog. */
export function Confirm({ title, children, verb, onConfirm, onClose }: Props) {
  const [error, setError] = useState<Error | null>(null);
  const [isUnderWay, setIsUnderWay] = useState(false);

  async function confirm(): Promise<void> {
    setIsUnderWay(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (failure) {
      setError(failure as Error);
      setIsUnderWay(false);
    }
  }

  return (
    <Sheet
      title={title}
      onClose={onClose}
      footer={
        <Foot
          kind="danger solid"
          onClose={onClose}
          onDo={() => void confirm()}
          why_not={isUnderWay ? 'It is under way' : null}
        >
          {verb}
        </Foot>
      }
    >
      {children}
      <div role="alert">
        {error && (
          <p className="error">
            <Icon name="warn" />
            {sentenceOf(error, 'it')}
          </p>
        )}
      </div>
    </Sheet>
  );
}
