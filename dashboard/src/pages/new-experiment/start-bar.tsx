import type { UseQueryResult } from '@tanstack/react-query';
import { useMay } from '../../session/use-session.js';
import { ActionButton } from '../../ui/action-button.js';
import { lift, rate } from '../../words/format.js';
import type { Odds } from './odds.js';
import type { Validation } from './choices.js';
import type { Saving } from './use-saving.js';

/** That the plan finds its effect less often than its policy wants. */
export interface Shortfall {
  odds: Odds;
  wanted: number;
  true_lift: number;
}

interface Props {
  errors: number;
  isChecked: boolean;
  validation: UseQueryResult<Validation>;
  shortfall: Shortfall | null;
  isTicked: boolean;
  onTick: (is: boolean) => void;
  saving: Saving['is'];
  onSave: () => void;
  onStart: () => void;
}

/** The end of the form: a draft, or a start with what must be known before it. */
export function StartBar(props: Props) {
  const { shortfall, isTicked, onTick, saving, onSave, onStart } = props;
  const mayStart = useMay('command');
  const busy = saving === 'idle' ? null : 'The server has not answered yet.';
  return (
    <div className="card start-bar">
      {shortfall && (
        <label className="tick-line">
          <input
            type="checkbox"
            checked={isTicked}
            onChange={(event) => onTick(event.currentTarget.checked)}
          />
          <span>
            It would ship a true {lift(shortfall.true_lift)} in {rate(shortfall.odds.rate, 0)} of its lives;
            the policy wants {rate(shortfall.wanted, 0)}. Start it so.
          </span>
        </label>
      )}
      <div className="buttons">
        <ActionButton onClick={onSave} why_not={busy}>
          {saving === 'saving' ? 'Saving…' : 'Save draft'}
        </ActionButton>
        {mayStart && (
          <ActionButton kind="primary" onClick={onStart} why_not={busy ?? whyNot(props)}>
            {startWord(props)}
          </ActionButton>
        )}
      </div>
    </div>
  );
}

function startWord({ errors, saving }: Props): string {
  if (saving === 'starting') return 'Starting…';
  return errors === 0 ? 'Start' : `Start: ${errors} ${errors === 1 ? 'thing' : 'things'} to mend`;
}

function whyNot({ isChecked, validation, shortfall, isTicked, errors }: Props): string | null {
  if (validation.isError) return 'The server does not say whether it can start.';
  // A click shows what is to be mended.
  if (errors > 0) return null;
  if (!isChecked) return 'It is being checked.';
  if (shortfall && !isTicked) return 'Tick first that you know how seldom it would ship.';
  return null;
}
