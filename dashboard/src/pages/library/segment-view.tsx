import type { Segment } from '../../api/library.js';
import { Card } from '../../ui/card.js';
import { Strip } from '../../ui/strip.js';
import { SegmentUses } from './segment-uses.js';
import { saidConditions, type Said } from '../../words/conditions.js';

export function SegmentView({ segment: { segment_id, conditions, unserved } }: { segment: Segment }) {
  const said = saidConditions(conditions);
  return (
    <>
      {unserved !== undefined && (
        <Strip tone="harm" icon="warn">
          <b>{unserved.instances.join(', ')} cannot serve it.</b> {unserved.reason}
        </Strip>
      )}
      <div className="grid cols-2">
        <Card title="Who is in it">
          {said.length === 0 ? (
            <p>Everybody: there is no condition.</p>
          ) : (
            <>
              <p className="muted">
                {said.length > 1 ? 'Units for which all of this holds:' : 'Units for which:'}
              </p>
              <Parts parts={said} />
            </>
          )}
        </Card>
        <Card title="Its conditions, as JSON">
          <pre className="code" tabIndex={0} aria-label="The conditions as JSON">
            {JSON.stringify(conditions, null, 2)}
          </pre>
        </Card>
      </div>
      <SegmentUses segment_id={segment_id} />
    </>
  );
}

function Parts({ parts }: { parts: readonly Said[] }) {
  return (
    <ul className="said">
      {parts.map(({ text, parts: nested }, index) => (
        <li key={`${index} ${text}`}>
          {text}
          {nested.length > 0 && (
            <>
              :
              <Parts parts={nested} />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
