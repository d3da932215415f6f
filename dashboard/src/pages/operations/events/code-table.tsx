import { Card } from '../../../ui/card.js';
import { codeText } from '../../../words/events.js';
import { count } from '../../../words/format.js';
import { Minutes } from './minutes.js';

interface Props<Code extends string> {
  title: string;
  codes: readonly { code: string; last_hour: number; by_minute: readonly number[] }[];
  words: Record<Code, string>;
  since: string;
}

/** What was refused or dropped, by why. */
export function CodeTable<Code extends string>({ title, codes, words, since }: Props<Code>) {
  return (
    <Card title={title} flush={codes.length > 0}>
      {codes.length === 0 ? (
        <p className="muted">None.</p>
      ) : (
        <table className="t stack">
          <thead>
            <tr>
              <th scope="col">Why</th>
              <th scope="col" className="num">
                Last hour
              </th>
              <th scope="col">Minute by minute</th>
            </tr>
          </thead>
          <tbody>
            {codes.map((one) => (
              <tr key={one.code}>
                <td>
                  {codeText(words, one.code)}
                  <span className="sub">{one.code}</span>
                </td>
                <td className="num" data-l="Last hour">
                  {count(one.last_hour)}
                </td>
                <td data-l="Minute by minute">
                  <Minutes rate={one} since={since} what={one.code} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}
