import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { optIn, optOut, optOutsQuery, type ErasedUnit, type ExportedUnit } from '../../../api/privacy.js';
import { ActionButton } from '../../../ui/action-button.js';
import { Card } from '../../../ui/card.js';
import { Confirm } from '../../../ui/confirm.js';
import { Icon } from '../../../ui/icon.js';
import { saveFile } from '../../../ui/save-file.js';
import { Time } from '../../../ui/age.js';
import { EraseDialog } from './erase-dialog.js';
import { HeldExperiments } from './held-experiments.js';

interface Props {
  unit_id: string;
  /** Everything that is held of it; null where that is nothing. */
  held: ExportedUnit | null;
  onChange(): Promise<void>;
  onErased(erased: ErasedUnit): void;
}

/** One unit that was looked up: what is held of it, its consent, and its removal. */
export function Unit({ unit_id, held, onChange, onErased }: Props) {
  const [asked, setAsked] = useState<'consent' | 'erasure' | null>(null);
  const isOut = held?.opted_out ?? false;
  return (
    <Card title={`Unit ${unit_id}`}>
      <Consent at={held?.opted_out_at ?? null} isKnown={held !== null} />
      {held && <Held held={held} />}
      <p className="acts-below">
        {held && (
          <ActionButton
            onClick={() => saveFile('unit.json', 'application/json', `${JSON.stringify(held, null, 2)}\n`)}
          >
            Save everything as JSON
          </ActionButton>
        )}
        <ActionButton kind={isOut ? 'plain' : 'danger'} onClick={() => setAsked('consent')}>
          {isOut ? 'Let it in again…' : 'Opt it out…'}
        </ActionButton>
        {held && (
          <ActionButton kind="danger" onClick={() => setAsked('erasure')}>
            Erase it…
          </ActionButton>
        )}
      </p>
      {asked === 'consent' && (
        <ConsentDialog unit_id={unit_id} isOut={isOut} onChange={onChange} onClose={() => setAsked(null)} />
      )}
      {asked === 'erasure' && (
        <EraseDialog unit_id={unit_id} isOut={isOut} onErased={onErased} onClose={() => setAsked(null)} />
      )}
    </Card>
  );
}

function Consent({ at, isKnown }: { at: string | null; isKnown: boolean }) {
  return (
    <p role="status">
      <Icon name={at !== null ? 'lock' : 'person'} className="muted" />{' '}
      {at !== null ? (
        <>
          <b>Opted out</b> <Time at={at} />: it is in no experiment, and no event of it is kept. Flags without
          an experiment still apply to it.
        </>
      ) : isKnown ? (
        <>
          <b>Has not opted out</b>: experiments may enrol it.
        </>
      ) : (
        <>
          <b>Nothing is held of it</b>, and it has not opted out: experiments may enrol it.
        </>
      )}
    </p>
  );
}

function Held({ held }: { held: ExportedUnit }) {
  const { experiments, exclusions, overrides, remembered_event_ids, waiting, days } = held;
  const lines: [string, number][] = [
    ['experiments', experiments.length],
    ['exclusions', exclusions.length],
    ['overrides', overrides.length],
    ['hashes of event ids', remembered_event_ids],
    ['sums of single days', days.length],
    ['events that are not counted yet', waiting.length],
  ];
  return (
    <>
      <p>
        {lines
          .filter(([, number]) => number > 0)
          .map(([what, number]) => `${number} ${what}`)
          .join(', ') || 'Nothing but that is held of it'}
        .
      </p>
      {experiments.length + exclusions.length + overrides.length > 0 && <HeldExperiments held={held} />}
    </>
  );
}

interface ConsentDialogProps {
  unit_id: string;
  isOut: boolean;
  onChange(): Promise<void>;
  onClose(): void;
}

function ConsentDialog({ unit_id, isOut, onChange, onClose }: ConsentDialogProps) {
  const queries = useQueryClient();
  return (
    <Confirm
      title={isOut ? `Let ${unit_id} into experiments again?` : `Take ${unit_id} out of all experiments?`}
      verb={isOut ? 'Let it in again' : 'Opt it out'}
      onConfirm={async () => {
        await (isOut ? optIn(unit_id) : optOut(unit_id));
        // What the store has now is asked for anew, not assumed.
        await onChange();
        await queries.invalidateQueries({ queryKey: optOutsQuery.queryKey });
      }}
      onClose={onClose}
    >
      {isOut ? (
        <p>
          From then on experiments may enrol it, and its events count. What was forgotten does not come back.
        </p>
      ) : (
        <p>
          It gets the control wherever it takes part, is in no later experiment, and no event of it is kept
          from now on.
        </p>
      )}
    </Confirm>
  );
}
