import { Switch } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { eraseUnit, optOutsQuery, type ErasedUnit } from '../../../api/privacy.js';
import { Confirm } from '../../../ui/confirm.js';

interface Props {
  unit_id: string;
  isOut: boolean;
  onErased(erased: ErasedUnit): void;
  onClose(): void;
}

/** Asks before everything that is held of a unit is removed. */
export function EraseDialog({ unit_id, isOut, onErased, onClose }: Props) {
  const queries = useQueryClient();
  const [keepsOptOut, setKeepsOptOut] = useState(true);
  return (
    <Confirm
      title={`Erase everything that is held of ${unit_id}?`}
      verb="Erase it"
      unanswered="Look it up again: erasing it twice does no harm."
      onConfirm={async () => {
        const erased = await eraseUnit(unit_id, isOut && keepsOptOut);
        await queries.invalidateQueries({ queryKey: optOutsQuery.queryKey });
        onErased(erased);
      }}
      onClose={onClose}
    >
      <p>
        Its numbers, its exclusions, its overrides and the hashes of its events are removed. That cannot be
        undone. The sums of experiments keep what it had added, without it.
      </p>
      {isOut ? (
        <Switch
          checked={keepsOptOut}
          onChange={(event) => setKeepsOptOut(event.currentTarget.checked)}
          label="Keep its opt-out, with its sealed id: no experiment may enrol it again"
        />
      ) : (
        <p>
          It has not opted out: if it comes again, experiments may enrol it anew. Opt it out first where that
          is not wanted.
        </p>
      )}
    </Confirm>
  );
}
