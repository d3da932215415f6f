import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { CALLS, libraryQuery, type LibraryItems, type LibraryKind } from '../../api/library.js';
import { NotFound } from '../../app/not-found.js';
import { ActionButton } from '../../ui/action-button.js';
import { Answer } from '../../ui/answer.js';
import { Card } from '../../ui/card.js';
import { Empty } from '../../ui/empty.js';
import { useTitle } from '../../ui/use-title.js';
import { useMay } from '../../session/use-session.js';
import { createItem } from './create-item.js';
import { JsonForm } from './json-form.js';
import { idOf, isKind, KINDS } from './kinds.js';
import { LibraryTabs } from './library-tabs.js';
import { controlsOf } from './controls-of.js';
import { useWhyNot } from './use-why-not.js';

/** All segments, metrics, policies, layers or holdouts. */
export function Library() {
  const { kind } = useParams({ from: '/library/$kind' });
  return isKind(kind) ? <KindList key={kind} kind={kind} /> : <NotFound />;
}

function KindList({ kind }: { kind: LibraryKind }) {
  const { title, noun, purpose } = KINDS[kind];
  const [isNew, setIsNew] = useState(false);
  const may = useMay(CALLS[kind].action);
  const why_not = useWhyNot();
  const query = useQuery(libraryQuery<LibraryKind>(kind));
  useTitle(title);
  return (
    <>
      <div>
        <div className="head">
          <div>
            <h1>{title}</h1>
            <p className="meta">{purpose}</p>
          </div>
          {may && !isNew && (
            <div className="acts">
              <ActionButton kind="primary" why_not={why_not} onClick={() => setIsNew(true)}>
                New {noun}
              </ActionButton>
            </div>
          )}
        </div>
        <LibraryTabs />
      </div>
      {isNew && <NewItem kind={kind} onCancel={() => setIsNew(false)} />}
      <Answer query={query} what={`the ${title.toLowerCase()}`}>
        {({ items, next_cursor }) =>
          items.length === 0 ? (
            <Empty title={`There is no ${noun} yet`}>{purpose}</Empty>
          ) : (
            <div className="card">
              <Items kind={kind} items={items} />
              {next_cursor !== null && <p className="body muted">These are the first {items.length}.</p>}
            </div>
          )
        }
      </Answer>
    </>
  );
}

function Items<Kind extends LibraryKind>({ kind, items }: { kind: Kind; items: LibraryItems[Kind][] }) {
  const { noun, columns } = KINDS[kind];
  return (
    <table className="t stack library">
      <thead>
        <tr>
          <th scope="col">{noun[0]!.toUpperCase() + noun.slice(1)}</th>
          {columns.map(([head]) => (
            <th scope="col" key={head}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((item) => {
          const id = idOf(kind, item);
          return (
            <tr key={id}>
              <td>
                <Link to="/library/$kind/$id" params={{ kind, id }}>
                  <b>{id}</b>
                </Link>
                {'built_in' in item && item.built_in && <span className="pill open built-in">built in</span>}
                {item.description !== undefined && <span className="sub">{item.description}</span>}
              </td>
              {columns.map(([head, text]) => (
                <td key={head} data-l={head}>
                  {text(item)}
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function NewItem({ kind, onCancel }: { kind: LibraryKind; onCancel(): void }) {
  const { noun, example } = KINDS[kind];
  const queries = useQueryClient();
  const navigate = useNavigate();

  async function save(value: Record<string, unknown>): Promise<void> {
    const id = await createItem(kind, value);
    await queries.invalidateQueries();
    await navigate({ to: '/library/$kind/$id', params: { kind, id } });
  }

  return (
    <Card title={`A new ${noun}`}>
      <JsonForm
        label="Definition, as JSON"
        hint="The example is a beginning: change whatever you like. The documentation of the API explains every field."
        initial={example}
        save={`Create the ${noun}`}
        {...controlsOf(kind)}
        onSave={save}
        onCancel={onCancel}
      />
    </Card>
  );
}
