import { differences } from './differences.js';

interface Props {
  before: unknown;
  after: unknown;
  /** Heads of the two sides. */
  names?: [before: string, after: string];
}

/** What changed, a row a field: what it was beside what it is. */
export function JsonDiff({ before, after, names = ['Before', 'After'] }: Props) {
  const all = differences(before, after);
  if (all.length === 0) return <p className="muted">Nothing differs.</p>;
  return (
    <div className="table-scroll">
      <table className="t stack diff">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">{names[0]}</th>
            <th scope="col">{names[1]}</th>
          </tr>
        </thead>
        <tbody>
          {all.map((one) => (
            <tr key={one.path}>
              <td>
                <code>{one.path === '' ? 'all of it' : one.path}</code>
                <span className="sub">{wordOf(one)}</span>
              </td>
              <td data-l={names[0]}>
                <Value value={one.before} tag="del" />
              </td>
              <td data-l={names[1]}>
                <Value value={one.after} tag="ins" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function wordOf({ before, after }: { before: unknown; after: unknown }): string {
  if (before === undefined) return 'added';
  return after === undefined ? 'taken out' : 'changed';
}

function Value({ value, tag: Tag }: { value: unknown; tag: 'ins' | 'del' }) {
  if (value === undefined) return <span className="muted">–</span>;
  return (
    <Tag>
      <pre>{JSON.stringify(value, null, 2)}</pre>
    </Tag>
  );
}
