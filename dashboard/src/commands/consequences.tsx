import type { Schemas } from '../api/client.js';
import { Icon } from '../ui/icon.js';
import { HOLDS, STATES } from '../words/codes.js';
import { EFFECTS } from '../words/commands.js';
import { asSentence, count, percent } from '../words/format.js';
import { withTimes } from '../words/times.js';

type Preview = Schemas['Preview'];
type Standing = Preview['before'];

/** What a command would do: before and after, then each effect; what nothing brings back is said so. */
export function Consequences({ preview }: { preview: Preview }) {
  const changed = linesOf(preview);
  return (
    <>
      {changed.length > 0 && (
        <table className="before-after">
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">What</span>
              </th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {changed.map(({ what, before, after }) => (
              <tr key={what}>
                <th scope="row">{what}</th>
                <td>{before}</td>
                <td>{after}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <ul className="effects">
        {preview.effects.map(({ code, text, units, irreversible }) => (
          <li key={`${code} ${text}`}>
            <Icon
              name={EFFECTS[code].icon}
              className={EFFECTS[code].tone === 'plain' ? 'muted' : `is-${EFFECTS[code].tone}`}
            />
            <span>
              <b>{EFFECTS[code].text}.</b> {asSentence(withTimes(text))}
              {units !== null && <span className="sub">{count(units)} units that were counted so far</span>}
              {irreversible && <span className="sub never">Cannot be undone</span>}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

interface Line {
  what: string;
  before: string;
  after: string;
}

function linesOf({ before, after }: Preview): Line[] {
  const line = (what: string, tell: (standing: Standing) => string): Line => ({
    what,
    before: tell(before),
    after: tell(after),
  });
  return [
    line('State', ({ state }) => (state === 'completed' ? 'Over' : STATES[state].text)),
    line('Step', ({ step }) => (step === null ? 'none' : `${step.index + 1} of ${step.of}`)),
    line('Enrolled', ({ coverage }) => percent(coverage)),
    line('Arms', ({ allocation }) => armsOf(allocation)),
    line('Holds', ({ holds }) =>
      holds.length === 0 ? 'none' : holds.map((code) => HOLDS[code].text).join(', '),
    ),
    line('Paused', ({ paused }) => (paused ? 'yes' : 'no')),
  ].filter((one) => one.before !== one.after);
}

function armsOf(allocation: Record<string, number>): string {
  const arms = Object.entries(allocation).filter(([, slots]) => slots > 0);
  if (arms.length === 0) return 'nobody';
  return arms.map(([variant, slots]) => `${variant} ${percent(slots / 100)}`).join(', ');
}
