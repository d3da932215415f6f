import { useMediaQuery } from '@mantine/hooks';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { FRAME } from '../../pictures/mini-interval.js';
import { useWidth } from '../../pictures/use-width.js';
import { percent } from '../../words/format.js';
import { itemsOf, type Item } from './items.js';
import { ExperimentCard, linkId, Row } from './row.js';
import type { Group, GroupName, Listed } from './rows.js';

interface Props {
  groups: readonly Group[];
  now: number;
}

const GROUPS: Record<GroupName, string> = {
  needs: 'Needs somebody',
  way: 'Under way',
  ended: 'Ended',
};
/** A card is at least so wide, px; below this width of the window there is no room for rows. */
const CARD = 330;
const ROWS_FROM = '(min-width: 1240px)';
const HEIGHTS = { row: 53, group: 36, card: 150 };
/** Drawn beyond what is seen, on either side. */
const OVERSCAN = 8;

/** Experiments in groups; only those near the window are in the page. */
export function VirtualList({ groups, now }: Props) {
  const isWide = useMediaQuery(ROWS_FROM, true, { getInitialValueInEffect: false });
  const [element, width] = useWidth<HTMLDivElement>();
  const columns = isWide ? 1 : Math.max(1, Math.floor((width + 10) / (CARD + 10)));
  const items = useMemo(() => itemsOf(groups, columns), [groups, columns]);
  const [above, setAbove] = useState(0);
  useLayoutEffect(() => {
    const top = element.current?.getBoundingClientRect().top ?? 0;
    setAbove(Math.round(top + window.scrollY));
  }, [element, groups, width]);
  const virtual = useWindowVirtualizer({
    count: items.length,
    estimateSize: (index) =>
      items[index]!.kind === 'group' ? HEIGHTS.group : isWide ? HEIGHTS.row : HEIGHTS.card,
    getItemKey: (index) => items[index]!.key,
    overscan: OVERSCAN,
    scrollMargin: above,
  });
  useListKeys(items, (index) => virtual.scrollToIndex(index, { align: 'auto' }));
  return (
    <div
      className={isWide ? 'card xlist' : 'xcards'}
      {...(isWide && { role: 'table', 'aria-label': 'Experiments', 'aria-rowcount': items.length + 1 })}
    >
      {isWide && <Head />}
      <div
        ref={element}
        className="xbody"
        style={{ height: virtual.getTotalSize() }}
        {...(isWide && { role: 'rowgroup' })}
      >
        {virtual.getVirtualItems().map(({ index, key, start }) => (
          <div
            key={key}
            ref={virtual.measureElement}
            data-index={index}
            className={`xitem ${items[index]!.kind}`}
            style={{ transform: `translateY(${start - above}px)` }}
            {...(isWide && { role: 'row', 'aria-rowindex': index + 2 })}
          >
            <ItemContent item={items[index]!} now={now} isWide={isWide} columns={columns} />
          </div>
        ))}
      </div>
    </div>
  );
}

function Head() {
  return (
    <div role="rowgroup">
      <div role="row" className="xhead" aria-rowindex={1}>
        <span role="columnheader">Name</span>
        <span role="columnheader">State</span>
        <span role="columnheader" className="num">
          Enrolled
        </span>
        <span role="columnheader" className="num">
          Units, last look
        </span>
        <span role="columnheader" title="The interval that holds at every look">
          Primary, ±{percent(FRAME * 100)} drawn
        </span>
        <span role="columnheader">Guardrail, to roll-back</span>
        <span role="columnheader">Next</span>
      </div>
    </div>
  );
}

interface ItemProps {
  item: Item;
  now: number;
  isWide: boolean;
  columns: number;
}

function ItemContent({ item, now, isWide, columns }: ItemProps) {
  if (item.kind === 'group') {
    return isWide ? (
      <span role="cell">{GROUPS[item.name]}</span>
    ) : (
      <h2 className="eyebrow">{GROUPS[item.name]}</h2>
    );
  }
  if (isWide) return <Row experiment={item.experiments[0]!} now={now} />;
  return (
    <div className="xline" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
      {item.experiments.map((experiment) => (
        <ExperimentCard key={experiment.experiment_id} experiment={experiment} now={now} />
      ))}
    </div>
  );
}

/** `j` and `k` go to the next experiment and the one before; Enter opens it, as it does with any link. */
function useListKeys(items: readonly Item[], scrollTo: (index: number) => void): void {
  const state = useRef({ items, scrollTo });
  state.current = { items, scrollTo };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key !== 'j' && event.key !== 'k') return;
      const places = state.current.items.flatMap(({ kind, experiments }, index) =>
        kind === 'line' ? experiments.map((experiment) => ({ experiment, index })) : [],
      );
      const target = neighbour(places, event.key === 'j' ? 1 : -1);
      if (!target) return;
      event.preventDefault();
      state.current.scrollTo(target.index);
      focusSoon(linkId(target.experiment.experiment_id), 10);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

function neighbour(
  places: readonly { experiment: Listed; index: number }[],
  by: 1 | -1,
): { experiment: Listed; index: number } | undefined {
  const focused = document.activeElement?.id;
  const here = places.findIndex(({ experiment }) => linkId(experiment.experiment_id) === focused);
  if (here === -1) return by === 1 ? places[0] : places.at(-1);
  return places[Math.max(0, Math.min(places.length - 1, here + by))];
}

/** A row that was out of sight is drawn a moment later. */
function focusSoon(id: string, tries: number): void {
  const found = document.getElementById(id);
  if (found) found.focus();
  else if (tries > 0) requestAnimationFrame(() => focusSoon(id, tries - 1));
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
  );
}
