import { useId, useState, type FormEvent } from 'react';
import { optIn, optOut, optOutOf } from '../../api/administration.js';
import { ApiError } from '../../api/client.js';
import { useMay } from '../../session/use-session.js';
import { ActionButton } from '../../ui/action-button.js';
import { sentenceOf } from '../../ui/answer.js';
import { Card } from '../../ui/card.js';
import { Confirm } from '../../ui/confirm.js';
import { Empty } from '../../ui/empty.js';
import { Icon } from '../../ui/icon.js';
import { Time } from '../../ui/age.js';
import { useTitle } from '../../ui/use-title.js';
import { useWhyNot } from '../library/use-why-not.js';
import { OperationsNav } from './operations-nav.js';

/** One unit by its id: what is known of its consent, and changing it. */
export function Privacy() {
  const mayAdminister = useMay('administer');
  useTitle('Privacy');
  return (
    <>
      <div>
        <div className="head">
          <div>
            <h1>Privacy</h1>
            <p className="meta">
              Take one unit out of all experiments, later ones included, or let it in again.
            </p>
          </div>
        </div>
        <OperationsNav />
      </div>
      {mayAdminister ? (
        <Lookup />
      ) : (
        <Empty title="Only an admin may look up units">Their ids are of real people.</Empty>
      )}
    </>
  );
}

/** A unit that was looked up. Its id stays out of the address, and so out of the history of the browser. */
interface Known {
  unit_id: string;
  /** Null: it has not opted out. */
  opted_out_at: string | null;
}

function Lookup() {
  const id = useId();
  const [text, setText] = useState('');
  const [known, setKnown] = useState<Known | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [isUnderWay, setIsUnderWay] = useState(false);

  async function look(event: FormEvent): Promise<void> {
    event.preventDefault();
    const unit_id = text.trim();
    setIsUnderWay(true);
    setError(null);
    setKnown(null);
    try {
      setKnown({ unit_id, opted_out_at: await optOutOf(unit_id) });
    } catch (failure) {
      setError(failure as Error);
    } finally {
      setIsUnderWay(false);
    }
  }

  return (
    <>
      <form className="toolbar filters" onSubmit={(event) => void look(event)} role="search">
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
        <ActionButton
          type="submit"
          onClick={() => undefined}
          why_not={
            text.trim() === '' ? 'Write the id of a unit first' : isUnderWay ? 'It is looked up' : null
          }
        >
          Look up
        </ActionButton>
      </form>
      <div role="alert">
        {error && (
          <p className="error">
            <Icon name="warn" />
            {lookupText(error)}
          </p>
        )}
      </div>
      {known && <Unit key={known.unit_id} known={known} onChange={setKnown} />}
    </>
  );
}

function lookupText(error: Error): string {
  const wrong = error instanceof ApiError ? error.problem.errors?.[0]?.message : undefined;
  return wrong === undefined ? sentenceOf(error, 'the unit') : `The id of the unit ${wrong}.`;
}

function Unit({ known, onChange }: { known: Known; onChange(known: Known): void }) {
  const { unit_id, opted_out_at } = known;
  const why_not = useWhyNot();
  const [isAsked, setIsAsked] = useState(false);
  const isOut = opted_out_at !== null;

  async function confirmed(): Promise<void> {
    if (isOut) await optIn(unit_id);
    else await optOut(unit_id);
    // What the store has now is asked for anew, not assumed.
    onChange({ unit_id, opted_out_at: await optOutOf(unit_id) });
  }

  return (
    <Card title={`Unit ${unit_id}`}>
      <p role="status">
        <Icon name={isOut ? 'lock' : 'person'} className="muted" />{' '}
        {isOut ? (
          <>
            <b>Opted out</b> <Time at={opted_out_at} />: it is in no experiment, and no event of it is kept.
            Flags without an experiment still apply to it.
          </>
        ) : (
          <>
            <b>Has not opted out</b>: experiments may enrol it. That it is in one, or was ever seen, this does
            not say.
          </>
        )}
      </p>
      <p className="acts-below">
        <ActionButton kind={isOut ? 'plain' : 'danger'} why_not={why_not} onClick={() => setIsAsked(true)}>
          {isOut ? 'Let it in again…' : 'Opt it out…'}
        </ActionButton>
      </p>
      {isAsked && (
        <Confirm
          title={isOut ? `Let ${unit_id} into experiments again?` : `Take ${unit_id} out of all experiments?`}
          verb={isOut ? 'Let it in again' : 'Opt it out'}
          onConfirm={confirmed}
          onClose={() => setIsAsked(false)}
        >
          {isOut ? (
            <p>
              From then on experiments may enrol it, and its events count. What was forgotten does not come
              back.
            </p>
          ) : (
            <p>
              It gets the control wherever it takes part, is in no later experiment, and no event of it is
              kept from now on.
            </p>
          )}
        </Confirm>
      )}
    </Card>
  );
}
