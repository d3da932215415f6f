import { useState, type ReactNode } from 'react';
import { verifyChain, type Verification } from '../../api/administration.js';
import { ActionButton } from '../../ui/action-button.js';
import { sentenceOf } from '../../ui/answer.js';
import { Strip } from '../../ui/strip.js';
import { count } from '../../words/format.js';

type Check =
  | { is: 'not asked' }
  | { is: 'under way'; entries: number }
  | { is: 'done'; found: Verification }
  | { is: 'failed'; error: Error };

/** Has the server recompute the chain of hashes, and says what it found. */
export function ChainCheck() {
  const [check, setCheck] = useState<Check>({ is: 'not asked' });

  async function run(): Promise<void> {
    setCheck({ is: 'under way', entries: 0 });
    try {
      const found = await verifyChain((entries) => setCheck({ is: 'under way', entries }));
      setCheck({ is: 'done', found });
    } catch (error) {
      setCheck({ is: 'failed', error: error as Error });
    }
  }

  const again = <ActionButton onClick={() => void run()}>Check again</ActionButton>;
  switch (check.is) {
    case 'not asked':
      return (
        <p className="chain-check">
          <ActionButton onClick={() => void run()}>Check the chain</ActionButton>
          <span className="muted">
            Each entry’s hash covers the one before. The server recomputes them all: an entry that was
            changed, cut off or invented is found.
          </span>
        </p>
      );
    case 'under way':
      return (
        <Strip tone="info" icon="wait">
          Checking the chain: {count(check.entries)} entries hold so far…
        </Strip>
      );
    case 'done':
      return <Found found={check.found} again={again} />;
    case 'failed':
      return (
        <Strip tone="hold" icon="warn" aside={again} urgent>
          <b>The chain was not checked.</b> {sentenceOf(check.error, 'the check')}
        </Strip>
      );
  }
}

function Found({ found, again }: { found: Verification; again: ReactNode }) {
  const { valid, entries, first_bad } = found;
  if (valid) {
    return (
      <Strip tone="good" icon="check" aside={again}>
        <b>The chain holds:</b> all {count(entries)} entries are as they were written, and none is missing.
      </Strip>
    );
  }
  return (
    <Strip tone="harm" icon="warn" aside={again} urgent>
      <b>The chain is broken at entry {first_bad === undefined ? 'unknown' : count(first_bad)}:</b> it is not
      as it was written, or it is missing. {count(entries)} entries before it hold. Somebody wrote into the
      database past this program; compare it with a backup.
    </Strip>
  );
}
