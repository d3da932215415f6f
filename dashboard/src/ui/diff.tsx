import { diffSummary, jsonDiff, withGaps, type DiffLine } from './line-diff.js';

const SIGNS: Record<DiffLine['kind'], string> = { same: ' ', added: '+', removed: '-' };

/** What changes from one JSON value to another: each line with its sign, and what is the same left out. */
export function Diff({ before, after, label }: { before: unknown; after: unknown; label: string }) {
  const lines = jsonDiff(before, after);
  const summary = diffSummary(lines);
  if (lines.every(({ kind }) => kind === 'same')) return <p className="muted">{summary}.</p>;
  return (
    <figure className="line-diff">
      <figcaption className="hint">
        {label}: {summary}
      </figcaption>
      <div className="lines" tabIndex={0} role="group" aria-label={`${label}: ${summary}`}>
        {withGaps(lines).map((line, at) =>
          line.kind === 'gap' ? (
            <div className="gap" key={at}>
              {line.lines} equal {line.lines === 1 ? 'line' : 'lines'}
            </div>
          ) : (
            <Line line={line} key={at} />
          ),
        )}
      </div>
    </figure>
  );
}

function Line({ line: { kind, text } }: { line: DiffLine }) {
  const Tag = kind === 'added' ? 'ins' : kind === 'removed' ? 'del' : 'div';
  return (
    <Tag className={kind}>
      <span className="sign">{SIGNS[kind]}</span>
      <code>{text}</code>
    </Tag>
  );
}
