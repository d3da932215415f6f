import type { Schemas } from '../../../api/client.js';
import { Time } from '../../../ui/age.js';
import { Card } from '../../../ui/card.js';
import { count } from '../../../words/format.js';
import { OPERATORS, quantityWords } from '../../../words/quantities.js';
import type { DecisionLine } from './decision-rows.js';

type Reason = Schemas['ToldReason'];
type Used = NonNullable<Reason['evidence']>[number];

interface Props {
  decision: DecisionLine;
  /** Units that the look had counted; null while that is not known, or where a person decided. */
  units: number | null;
  /** Tests of primaries among which α is shared. */
  tests: number;
}

/** Why it was decided: each value against its threshold, what decided first. */
export function Reasons({ decision: { reasons, at }, units, tests }: Props) {
  const decisive = reasons.filter((reason) => reason.decisive);
  const others = reasons.filter((reason) => !reason.decisive);
  return (
    <Card
      title="Why: reasons, value against threshold"
      age={
        <span className="age">
          <Time at={at} />
          {units !== null && `, ${count(units)} units`}
        </span>
      }
      flush
    >
      <table className="t stack reasons">
        <thead>
          <tr>
            <th>Decisive</th>
            <th className="num">Value</th>
            <th>
              <span className="visually-hidden">How they stand</span>
            </th>
            <th>Threshold</th>
          </tr>
        </thead>
        <Rows reasons={decisive} tests={tests} strong />
        {others.length > 0 && (
          <>
            <tbody>
              <tr className="between">
                <th scope="rowgroup" colSpan={4}>
                  For information
                </th>
              </tr>
            </tbody>
            <Rows reasons={others} tests={tests} />
          </>
        )}
      </table>
    </Card>
  );
}

function Rows({ reasons, tests, strong = false }: { reasons: Reason[]; tests: number; strong?: boolean }) {
  return (
    <tbody>
      {reasons.map(({ code, text, evidence = [] }) =>
        evidence.length === 0 ? (
          <tr key={`${code} ${text}`}>
            <td colSpan={4}>{strong ? <b>{capital(text)}</b> : capital(text)}</td>
          </tr>
        ) : (
          evidence.map((used) => (
            <Row
              key={`${code} ${used.quantity} ${used.metric_id} ${used.variant} ${used.segment}`}
              {...{ used, text, tests, strong }}
              isFirst={used === evidence[0]}
            />
          ))
        ),
      )}
    </tbody>
  );
}

interface RowProps {
  used: Used;
  text: string;
  tests: number;
  strong: boolean;
  isFirst: boolean;
}

function Row({ used, text, tests, strong, isFirst }: RowProps) {
  const { quantity, metric_id, variant, segment, value, threshold, op } = used;
  const words = quantityWords(quantity);
  const of = [metric_id, variant].filter((part) => part !== undefined).join(' of ');
  const name = segment === undefined ? of : `${of} in ${segment}`;
  const shown = value === null ? 'not known' : words.value(value);
  const isShared = quantity.endsWith('p_value') && tests > 1;
  return (
    <tr>
      <td>
        {strong ? <b>{name === '' ? capital(words.text) : name}</b> : name}
        <span className="sub">
          {name === '' ? '' : words.text}
          {isFirst && <span className="reason-text">{saidOf(text, name)}</span>}
        </span>
      </td>
      <td className="num" data-l="Value">
        {strong ? <b>{shown}</b> : shown}
      </td>
      <td className="muted" data-l="Stands">
        {op === undefined ? '–' : OPERATORS[op]}
      </td>
      <td data-l="Threshold">
        {words.threshold(threshold)}
        {isShared && <span className="sub">shared by {tests} tests (Holm)</span>}
      </td>
    </tr>
  );
}

/** A reason begins with what it is about, which stands above it already. */
function saidOf(text: string, name: string): string {
  return text.startsWith(`${name}: `) ? text.slice(name.length + 2) : text;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
