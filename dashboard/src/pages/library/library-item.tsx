import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import {
  CALLS,
  libraryItemQuery,
  type Holdout,
  type Layer,
  type LibraryItems,
  type LibraryKind,
  type Metric,
  type Policy,
  type Segment,
} from '../../api/library.js';
import { NotFound } from '../../app/not-found.js';
import { useMay } from '../../session/use-session.js';
import { ActionButton } from '../../ui/action-button.js';
import { Answer } from '../../ui/answer.js';
import { Card } from '../../ui/card.js';
import { Confirm } from '../../ui/confirm.js';
import { useTitle } from '../../ui/use-title.js';
import { controlsOf } from './controls-of.js';
import { HoldoutView } from './holdout-view.js';
import { JsonForm } from './json-form.js';
import { isKind, KINDS, writtenOf } from './kinds.js';
import { LayerView } from './layer-view.js';
import { MetricView } from './metric-view.js';
import { PolicyView } from './policy-view.js';
import { SegmentView } from './segment-view.js';
import { useWhyNot } from './use-why-not.js';

/** One segment, metric, policy, layer or holdout. */
export function LibraryItem() {
  const { kind, id } = useParams({ from: '/library/$kind/$id' });
  return isKind(kind) ? <Item key={`${kind} ${id}`} kind={kind} id={id} /> : <NotFound />;
}

function Item({ kind, id }: { kind: LibraryKind; id: string }) {
  const { title, noun } = KINDS[kind];
  const query = useQuery(libraryItemQuery<LibraryKind>(kind, id));
  const [isEdited, setIsEdited] = useState(false);
  useTitle(`${noun} ${id}`);
  return (
    <Answer query={query} what={`the ${noun}`}>
      {(item) => (
        <>
          <div>
            <p className="crumb">
              <Link to="/library/$kind" params={{ kind }}>
                {title}
              </Link>
            </p>
            <div className="head">
              <div>
                <div className="title">
                  <h1>
                    {noun[0]!.toUpperCase() + noun.slice(1)} {id}
                  </h1>
                  {'built_in' in item && item.built_in && <span className="pill open">built in</span>}
                  {'version' in item && <span className="pill">version {item.version}</span>}
                </div>
                {item.description !== undefined && item.description !== '' && (
                  <p className="meta">{item.description}</p>
                )}
              </div>
              {!isEdited && <Acts kind={kind} id={id} onEdit={() => setIsEdited(true)} />}
            </div>
          </div>
          {isEdited && <Editor kind={kind} id={id} item={item} onClose={() => setIsEdited(false)} />}
          <View kind={kind} item={item} />
          {!isEdited && kind !== 'layers' && kind !== 'segments' && <Source kind={kind} item={item} />}
        </>
      )}
    </Answer>
  );
}

function View({ kind, item }: { kind: LibraryKind; item: LibraryItems[LibraryKind] }) {
  switch (kind) {
    case 'segments':
      return <SegmentView segment={item as Segment} />;
    case 'metrics':
      return <MetricView metric={item as Metric} />;
    case 'policies':
      return <PolicyView policy={item as Policy} />;
    case 'layers':
      return <LayerView layer={item as Layer} />;
    case 'holdouts':
      return <HoldoutView holdout={item as Holdout} />;
  }
}

function Acts({ kind, id, onEdit }: { kind: LibraryKind; id: string; onEdit(): void }) {
  const { noun, title } = KINDS[kind];
  const { action, remove } = CALLS[kind];
  const may = useMay(action);
  const why_not = useWhyNot();
  const [isAsked, setIsAsked] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  if (!may) return null;

  async function confirmed(): Promise<void> {
    await remove!(id);
    await navigate({ to: '/library/$kind', params: { kind } });
    await queries.invalidateQueries();
  }

  return (
    <div className="acts">
      <ActionButton why_not={why_not} onClick={onEdit}>
        Edit
      </ActionButton>
      {remove && (
        <ActionButton kind="danger" why_not={why_not} onClick={() => setIsAsked(true)}>
          Delete…
        </ActionButton>
      )}
      {isAsked && (
        <Confirm
          title={`Delete the ${noun} ${id}?`}
          verb={`Delete the ${noun}`}
          onConfirm={confirmed}
          onClose={() => setIsAsked(false)}
        >
          <p>{deletionText(kind)}</p>
          <p className="muted">
            It is then gone from {title.toLowerCase()}, and the audit trail keeps what it was.
          </p>
        </Confirm>
      )}
    </div>
  );
}

function deletionText(kind: LibraryKind): string {
  switch (kind) {
    case 'segments':
      return 'Audiences that name it then go by what the caller says of a unit. It is refused while a flag or a segment names it by $inGroup.';
    case 'metrics':
      return 'Experiments under way keep it; no new one can take it. A built-in metric comes back as it was delivered.';
    case 'holdouts':
      return 'Experiments under way keep it. Those that start later may enrol its units.';
    case 'policies':
    case 'layers':
      return '';
  }
}

interface EditorProps {
  kind: LibraryKind;
  id: string;
  item: object;
  onClose(): void;
}

function Editor({ kind, id, item, onClose }: EditorProps) {
  const { noun, consequence } = KINDS[kind];
  const queries = useQueryClient();
  const written = writtenOf(kind, item);
  return (
    <Card title={`Edit the ${noun}`}>
      <JsonForm
        label="Definition, as JSON"
        hint={consequence}
        initial={written}
        present={written}
        save="Save"
        {...controlsOf(kind)}
        onSave={async (value) => {
          await CALLS[kind].put(id, value as never);
          await queries.invalidateQueries();
          onClose();
        }}
        onCancel={onClose}
      />
    </Card>
  );
}

function Source({ kind, item }: { kind: LibraryKind; item: object }) {
  return (
    <details className="card source">
      <summary>As JSON</summary>
      <pre>{JSON.stringify(writtenOf(kind, item), null, 2)}</pre>
    </details>
  );
}
