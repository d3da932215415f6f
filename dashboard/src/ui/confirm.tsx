import { useState, type ReactNode } from 'react';
import { ApiError } from '../api/client.js';
import { sentenceOf } from './answer.js';
import { Refusal } from './refusal.js';
import { Foot, Sheet } from './sheet.js';

interface Props {
  title: string;
  /** What it does or changes, before the button that does it. */
  children: ReactNode;
  /** The button is the verb: "Delete the segment". */
  verb: string;
  kind?: 'primary' | 'danger solid';
  /** Why it cannot be done now; null where it can. */
  why_not?: string | null;
  /** What to look at where no answer came; what was asked for may be done or not. */
  unanswered?: string;
  /** It closes where this succeeds. */
  onConfirm: () => Promise<void>;
  /** Takes a refusal elsewhere, such as to the fields of a form; true where it did, and then it closes. */
  onRefused?: (error: Error) => boolean;
  onClose: () => void;
}

/** Shows what would be done before it is asked for. A refusal stays in the dialog, and so does an answer that never came. */
export function Confirm({
  title,
  children,
  verb,
  kind = 'danger solid',
  why_not = null,
  unanswered = 'Look what is there before you repeat it.',
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
    <Sheet
      title={title}
      onClose={onClose}
      footer={
        <Foot
          kind={kind}
          onClose={onClose}
          onDo={() => void confirm()}
          why_not={isUnderWay ? 'It is under way' : why_not}
        >
          {verb}
        </Foot>
      }
    >
      {children}
      <Refusal text={error && refusalOf(error, unanswered)} />
    </Sheet>
  );
}

function refusalOf(error: Error, unanswered: string): string {
  if (error instanceof ApiError && error.status === 0)
    return `The server does not answer: it may be done or not. ${unanswered}`;
  return sentenceOf(error, 'it');
}
