import type { Certificate } from '../../../src/certificates/certificate.js';
import { retaken } from '../../../src/certificates/verify.js';
import { DECISION_TABLE } from '../../../src/lifecycle/decide.js';
import type { RowId, RowName } from '../../../src/lifecycle/decisions/rows.js';
import { situationOf, type Situation } from '../../../src/lifecycle/decisions/situation.js';
import { holdsOf } from '../../../src/lifecycle/holds.js';
import { ENGINE_VERSION } from '../../../src/model/engine.js';
import { WHEN } from './row-words.js';
import { WHY_NOT } from './why-not.js';

/** A row of the table at one look. */
export interface WalkedRow {
  id: RowId;
  when: string;
  /** `not_asked`: an earlier row decided, or the row is not tried in this state. */
  answer: 'yes' | 'no' | 'not_asked';
  /** What was so. */
  said: string;
}

/** The rows as the engine's own code takes them from top to bottom; null where another engine decided, or a person. */
export function walk(certificate: Certificate): WalkedRow[] | null {
  const { snapshot, circumstances, policy, at, engine_version } = certificate;
  if (snapshot === null || circumstances === null || engine_version !== ENGINE_VERSION) return null;
  const { plan, state, look } = retaken({ policy, snapshot, circumstances });
  const now = Date.parse(at);
  const situation = situationOf(plan, state, look, now, holdsOf(plan, state, look, now));
  let isDecided = false;
  return (Object.keys(DECISION_TABLE) as RowName[]).map((name): WalkedRow => {
    const row = DECISION_TABLE[name];
    const when = WHEN[name](plan, look.epoch);
    if (isDecided) return { id: row.id, when, answer: 'not_asked', said: '' };
    if (name === 'stop') return { id: row.id, when, answer: 'no', said: WHY_NOT.stop(situation) };
    if (!row.applies(situation))
      return { id: row.id, when, answer: 'not_asked', said: whyNotTried(situation) };
    const conclusion = row.decide(situation);
    if (conclusion === null) return { id: row.id, when, answer: 'no', said: WHY_NOT[name](situation) };
    isDecided = true;
    return { id: row.id, when, answer: 'yes', said: conclusion.reasons[0]?.text ?? '' };
  });
}

function whyNotTried({ state, look }: Situation): string {
  if (look.revision !== state.revision) return 'the look is of an older allocation';
  return state.phase.state === 'ramping' || state.phase.state === 'running'
    ? 'nobody has the control'
    : 'it was decided before';
}
