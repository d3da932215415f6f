import { useId, useState, type FormEvent } from 'react';
import { ApiError } from '../../api/client.js';
import { exportUnit, type ErasedUnit, type ExportedUnit } from '../../api/privacy.js';
import { useMay, useSession } from '../../session/use-session.js';
import { ActionButton } from '../../ui/action-button.js';
import { sentenceOf } from '../../ui/answer.js';
import { Empty } from '../../ui/empty.js';
import { Refusal } from '../../ui/refusal.js';
import { useTitle } from '../../ui/use-title.js';
import { OperationsNav } from './operations-nav.js';
import { Erased } from './privacy/erased.js';
import { KeyringCard } from './privacy/keyring.js';
import { OptOuts } from './privacy/opt-outs.js';
import { Unit } from './privacy/unit.js';

/** What is held of single units, its removal, who opted out, and the keys that seal all of it. */
export function Privacy() {
  const mayAdminister = useMay('administer');
  const { environments } = useSession().session;
  useTitle('Privacy');
  return (
    <>
      <div>
        <div className="head">
          <div>
            <h1>Privacy</h1>
            <p className="meta">
              What is held of one unit, and its removal; who opted out; the sealing keys.
            </p>
          </div>
        </div>
        <OperationsNav />
      </div>
      {!mayAdminister ? (
        <Empty title="Only an admin may look up units">Their ids are of real people.</Empty>
      ) : environments !== null ? (
        <Empty title="This is about every environment">
          Your key is only for {environments.join(', ')}. Use the key of an admin without environments.
        </Empty>
      ) : (
        <>
          <Lookup />
          <OptOuts />
          <KeyringCard />
        </>
      )}
    </>
  );
}

/** A unit that was looked up. Its id stays out of the address, and so out of the history of the browser. */
interface Known {
  unit_id: string;
  /** Null: nothing is held of it. */
  held: ExportedUnit | null;
}

function Lookup() {
  const [known, setKnown] = useState<Known | null>(null);
  const [erased, setErased] = useState<ErasedUnit | null>(null);
  const [error, setError] = useState<Error | null>(null);

  async function look(unit_id: string): Promise<void> {
    setError(null);
    setKnown(null);
    setErased(null);
    try {
      setKnown({ unit_id, held: await exportUnit(unit_id) });
    } catch (failure) {
      setError(failure as Error);
    }
  }

  return (
    <>
      <LookupForm onAsked={look} />
      <Refusal text={error && lookupText(error)} />
      {erased && <Erased erased={erased} />}
      {known && (
        <Unit
          key={known.unit_id}
          {...known}
          onChange={async () => setKnown({ ...known, held: await exportUnit(known.unit_id) })}
          onErased={(answer) => {
            setErased(answer);
            setKnown(null);
          }}
        />
      )}
    </>
  );
}

function LookupForm({ onAsked }: { onAsked(unit_id: string): Promise<void> }) {
  const id = useId();
  const [text, setText] = useState('');
  const [isUnderWay, setIsUnderWay] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setIsUnderWay(true);
    await onAsked(text.trim());
    setIsUnderWay(false);
  }

  const why_not = text.trim() === '' ? 'Write the id of a unit first' : isUnderWay ? 'It is looked up' : null;
  return (
    <form className="toolbar filters" onSubmit={(event) => void submit(event)} role="search">
      <div className="field">
        <label htmlFor={id}>Id of the unit</label>
        <input
          id={id}
          className="input"
          value={text}
          autoComplete="off"
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </div>
      <ActionButton type="submit" onClick={() => undefined} why_not={why_not}>
        Look up
      </ActionButton>
    </form>
  );
}

function lookupText(error: Error): string {
  const wrong = error instanceof ApiError ? error.problem.errors?.[0]?.message : undefined;
  return wrong === undefined ? sentenceOf(error, 'the unit') : `The id of the unit ${wrong}.`;
}
