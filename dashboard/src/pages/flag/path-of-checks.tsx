import { Icon } from '../../ui/icon.js';
import { CHECKS, stepName, type Step } from '../../words/flags.js';

/** The checks in the order of the evaluation; the last one decided. */
export function PathOfChecks({ steps, reason }: { steps: readonly Step[]; reason: string }) {
  const last = steps.length - 1;
  return (
    <ol className="path" aria-label="The path of checks">
      {steps.map((step, at) => {
        const { check, passed, text, detail } = step;
        const word = passed ? CHECKS[check].passed : CHECKS[check].failed;
        const isLast = at === last;
        return (
          <li key={`${step.path} ${check}`} className={isLast ? 'hit' : passed ? '' : 'missed'}>
            <span className="mark">
              <Icon name={passed ? 'check' : 'cross'} />
            </span>
            <span>
              <b>{stepName(step)}</b>: {lowered(beside(stepName(step), text))}
              {detail !== null && (
                <span className="sub">
                  {detail}
                  {!passed && !isLast && '; go on'}
                </span>
              )}
            </span>
            <span className="at">{isLast ? `decides: ${reason}` : word}</span>
          </li>
        );
      })}
      {steps[last]?.check !== 'otherwise' && (
        <li className="missed">
          <span className="mark" />
          <span>What comes after</span>
          <span className="at">not reached</span>
        </li>
      )}
    </ol>
  );
}

/** What a text says beyond the name that stands before it. */
function beside(name: string, text: string): string {
  return text.startsWith(name) ? text.slice(name.length).replace(/^:? /, '') : text;
}

/** A sentence after a colon. Names and codes stay as they are. */
function lowered(text: string): string {
  return /^(The|It|Its|In|Not|No|A|An|Everybody|Only) /.test(text)
    ? text[0]!.toLowerCase() + text.slice(1)
    : text;
}
