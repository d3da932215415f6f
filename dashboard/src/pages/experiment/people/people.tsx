import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { Schemas } from '../../../api/client.js';
import { exclusionsQuery, liftExclusion, liftOverride, overridesQuery } from '../../../api/people.js';
import { experimentQuery } from '../../../api/queries.js';
import { notHere } from '../../../session/not-here.js';
import { useMay, useSession } from '../../../session/use-session.js';
import { ActionButton } from '../../../ui/action-button.js';
import { Time } from '../../../ui/age.js';
import { Answer } from '../../../ui/answer.js';
import { Arm, armIndex } from '../../../ui/arm.js';
import { Card } from '../../../ui/card.js';
import { Confirm } from '../../../ui/confirm.js';
import { Empty } from '../../../ui/empty.js';
import { UnitId, UNREADABLE } from '../../../ui/unit-id.js';
import { ExcludeDialog } from './exclude-dialog.js';
import { OverrideDialog } from './override-dialog.js';

/** Single units that a person took out of the experiment, or gave an arm. Their ids are for those alone who may command it. */
export function People() {
  const { experiment_id } = useParams({ from: '/experiments/$experiment_id' });
  const experiment = useQuery(experimentQuery(experiment_id)).data!;
  const { session } = useSession();
  if (!useMay('command'))
    return <Empty title="Only those who command experiments see units">Their ids are of real people.</Empty>;
  const why_not = notHere(session, experiment);
  if (why_not !== null) return <Empty title="Not with this key">{why_not}</Empty>;
  return (
    <>
      <Exclusions experiment={experiment} />
      <Overrides experiment={experiment} />
    </>
  );
}

interface Props {
  experiment: Schemas['Experiment'];
}

function Exclusions({ experiment: { experiment_id } }: Props) {
  const query = useInfiniteQuery(exclusionsQuery(experiment_id));
  const [isAsked, setIsAsked] = useState(false);
  return (
    <Card
      title="Excluded units"
      flush
      tools={
        <ActionButton kind="danger" onClick={() => setIsAsked(true)}>
          Exclude units…
        </ActionButton>
      }
    >
      <Answer query={query} what="the excluded units">
        {({ pages }) => (
          <Units
            heads={['Reason', 'Excluded']}
            none="Nobody is excluded. Who is gets the control and is never counted again: test accounts, say, or somebody who asks for it."
            items={pages.flatMap(({ items }) => items)}
            cells={({ reason, at, by }) => [
              reason,
              <>
                <Time at={at} />
                <span className="sub">by {by}</span>
              </>,
            ]}
            act={(unit_id) => (
              <End
                experiment_id={experiment_id}
                unit_id={unit_id}
                title={`End the exclusion of ${unit_id}?`}
                verb="End the exclusion"
                end={liftExclusion}
              />
            )}
            more={query}
          />
        )}
      </Answer>
      {isAsked && <ExcludeDialog experiment_id={experiment_id} onClose={() => setIsAsked(false)} />}
    </Card>
  );
}

function Overrides({ experiment }: Props) {
  const { experiment_id, variants, control } = experiment;
  const query = useInfiniteQuery(overridesQuery(experiment_id));
  const [isAsked, setIsAsked] = useState(false);
  return (
    <Card
      title="Units with an arm of their own"
      flush
      tools={<ActionButton onClick={() => setIsAsked(true)}>Give a unit an arm…</ActionButton>}
    >
      <Answer query={query} what="the overrides">
        {({ pages }) => (
          <Units
            heads={['Arm', 'Given']}
            none="No unit has an arm of its own. Give yourself one to look at it; such a unit is not counted."
            items={pages.flatMap(({ items }) => items)}
            cells={({ variant, at, by }) => [
              variant === null ? (
                UNREADABLE
              ) : (
                <Arm index={armIndex(variants, control, variant)} name={variant} />
              ),
              <>
                <Time at={at} />
                <span className="sub">by {by}</span>
              </>,
            ]}
            act={(unit_id) => (
              <End
                experiment_id={experiment_id}
                unit_id={unit_id}
                title={`End the override of ${unit_id}?`}
                verb="End the override"
                end={liftOverride}
              />
            )}
            more={query}
          />
        )}
      </Answer>
      {isAsked && <OverrideDialog experiment={experiment} onClose={() => setIsAsked(false)} />}
    </Card>
  );
}

interface UnitsProps<T> {
  /** Of the columns between the unit and its button. */
  heads: readonly string[];
  none: string;
  items: readonly T[];
  cells: (item: T) => readonly ReactNode[];
  act: (unit_id: string) => ReactNode;
  more: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

function Units<T extends { unit_id: string | null }>({
  heads,
  none,
  items,
  cells,
  act,
  more,
}: UnitsProps<T>) {
  if (items.length === 0) return <p className="body muted">{none}</p>;
  return (
    <>
      <table className="t stack">
        <thead>
          <tr>
            <th scope="col">Unit</th>
            {heads.map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
            <th scope="col">
              <span className="visually-hidden">What to do</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item, row) => (
            <tr key={item.unit_id ?? row}>
              <td>
                <UnitId id={item.unit_id} />
              </td>
              {cells(item).map((cell, index) => (
                <td key={heads[index]} data-l={heads[index]}>
                  {cell}
                </td>
              ))}
              <td data-l="">{item.unit_id !== null && act(item.unit_id)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more.hasNextPage && (
        <p className="body">
          <button
            type="button"
            className="btn"
            onClick={() => more.fetchNextPage()}
            disabled={more.isFetchingNextPage}
          >
            {more.isFetchingNextPage ? 'Loading…' : 'Show more units'}
          </button>
        </p>
      )}
    </>
  );
}

interface EndProps {
  experiment_id: string;
  unit_id: string;
  title: string;
  verb: string;
  end: (experiment_id: string, unit_id: string) => Promise<void>;
}

function End({ experiment_id, unit_id, title, verb, end }: EndProps) {
  const queries = useQueryClient();
  const [isAsked, setIsAsked] = useState(false);
  return (
    <>
      <ActionButton onClick={() => setIsAsked(true)}>
        End…<span className="visually-hidden"> for {unit_id}</span>
      </ActionButton>
      {isAsked && (
        <Confirm
          title={title}
          verb={verb}
          kind="primary"
          unanswered="To repeat it is safe."
          onConfirm={async () => {
            await end(experiment_id, unit_id);
            await queries.invalidateQueries({ queryKey: ['experiment', experiment_id] });
          }}
          onClose={() => setIsAsked(false)}
        >
          <p>
            It gets its own arm again, as its slot says. <b>It stays out of the analysis.</b>
          </p>
        </Confirm>
      )}
    </>
  );
}
