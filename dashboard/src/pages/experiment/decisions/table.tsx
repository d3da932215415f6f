import type { WalkedRow } from '../../../certificates/walk.js';
import { Card } from '../../../ui/card.js';
import { Icon } from '../../../ui/icon.js';
import { ROWS, type RowId } from '../../../words/rows.js';
import { decisionTitle, type DecisionLine } from './decision-rows.js';

/** The walk, or what became of it. */
export interface Walked {
  data: WalkedRow[] | null | undefined;
  error: Error | null;
}

interface Props {
  decision: DecisionLine;
  /** The table as the engine's code walks through it in this browser. */
  walked: Walked;
  policy: string;
}

/** The decision table, the row that matched, and why those above it did not. */
export function DecisionTable({ decision, walked, policy }: Props) {
  const known = new Map((walked.data ?? []).map((row) => [row.id, row]));
  return (
    <Card title="The decision table: the first row that matches decides" tools={policy} flush>
      {walked.data === undefined && walked.error === null && (
        <p className="walk muted small" role="status">
          The engine’s own code steps through it in this browser…
        </p>
      )}
      {walked.error !== null && (
        <p className="walk is-hold small" role="alert">
          Why the other rows did not match cannot be computed in this browser: {walked.error.message}.
        </p>
      )}
      {walked.data === null && (
        <p className="walk muted small">
          {decision.row === 1
            ? 'A person decided, so nothing was computed.'
            : 'Another version of the engine decided this, and this page has not its code.'}
        </p>
      )}
      <table className="t rows">
        <thead>
          <tr>
            <th className="num">Row</th>
            <th>When</th>
            <th>At this look</th>
            <th>Then</th>
          </tr>
        </thead>
        <tbody>
          {(Object.keys(ROWS) as unknown as RowId[]).map((id) => (
            <Row
              key={id}
              id={Number(id) as RowId}
              decision={decision}
              walked={known.get(Number(id) as RowId)}
            />
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function Row({ id, decision, walked }: { id: RowId; decision: DecisionLine; walked: WalkedRow | undefined }) {
  const isHit = id === decision.row;
  const { text, then } = ROWS[id];
  const when = walked?.when ?? `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  const tone = decision.decision === 'winner' ? 'good' : decision.decision === 'roll_back' ? 'harm' : 'plain';
  if (isHit)
    return (
      <tr className={`hit ${tone}`}>
        <td>{id}</td>
        <td>
          <b>{when}</b>
        </td>
        <td>
          <b>yes: {walked?.answer === 'yes' ? walked.said : (decision.reasons[0]?.text ?? '')}</b>
        </td>
        <td>
          <b className={tone === 'plain' ? '' : `is-${tone}`}>
            <Icon name="check" /> {decisionTitle(decision)}
          </b>
        </td>
      </tr>
    );
  return (
    <tr className={id > decision.row ? 'after' : 'no'}>
      <td>{id}</td>
      <td>{when}</td>
      <td>{saidOf(walked, id > decision.row)}</td>
      <td>{then}</td>
    </tr>
  );
}

function saidOf(walked: WalkedRow | undefined, isAfter: boolean): string {
  if (isAfter) return 'not asked';
  if (walked === undefined) return '';
  return walked.answer === 'no' ? `no: ${walked.said}` : `not asked: ${walked.said}`;
}
