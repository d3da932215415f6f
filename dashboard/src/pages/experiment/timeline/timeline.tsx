import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { timelineQuery } from '../../../api/history.js';
import { Answer } from '../../../ui/answer.js';
import { useNow } from '../../../ui/age.js';
import { Card } from '../../../ui/card.js';
import { Empty } from '../../../ui/empty.js';
import { Icon } from '../../../ui/icon.js';
import { count } from '../../../words/format.js';
import { exactTime } from '../../../words/times.js';
import {
  actorText,
  lineTone,
  TIMELINE,
  type TimelineKind,
  type TimelineLine,
} from '../../../words/timeline.js';
import { clockTime, daysOf } from './days.js';

/** All that happened, newest first, under the days. */
export function Timeline() {
  const { experiment_id } = useParams({ from: '/experiments/$experiment_id' });
  const query = useInfiniteQuery(timelineQuery(experiment_id));
  return (
    <Answer query={query} what="its timeline">
      {({ pages }) => {
        const lines = pages.flatMap(({ items }) => items);
        if (lines.length === 0)
          return <Empty title="Nothing happened yet">Each change of the experiment has its line here.</Empty>;
        return (
          <Shown
            lines={lines}
            older={query.hasNextPage ? () => void query.fetchNextPage() : null}
            isLoading={query.isFetchingNextPage}
          />
        );
      }}
    </Answer>
  );
}

interface Props {
  lines: TimelineLine[];
  /** Asks for older ones; null where these are all. */
  older: (() => void) | null;
  isLoading: boolean;
}

function Shown({ lines, older, isLoading }: Props) {
  const { kinds } = useSearch({ from: '/experiments/$experiment_id/timeline' });
  const chosen = new Set((kinds ?? '').split(',').filter((kind) => kind in TIMELINE) as TimelineKind[]);
  const shown = lines.filter(({ kind }) => chosen.size === 0 || chosen.has(kind));
  const now = useNow();
  return (
    <>
      <Kinds lines={lines} chosen={chosen} />
      {shown.length === 0 && (
        <p className="empty muted" role="status">
          None of the {count(lines.length)} newest lines is of these kinds.
        </p>
      )}
      {daysOf(shown, now).map(({ day, lines: own }) => (
        <Card key={day} title={day}>
          <ol className="timeline">
            {own.map((line) => (
              <Line key={line.seq} line={line} />
            ))}
          </ol>
        </Card>
      ))}
      {older && (
        <button type="button" className="btn older" onClick={older} disabled={isLoading}>
          {isLoading ? 'Loading…' : 'Show older lines'}
        </button>
      )}
    </>
  );
}

/** Which kinds are shown: those that there are, each a switch. */
function Kinds({ lines, chosen }: { lines: readonly TimelineLine[]; chosen: ReadonlySet<TimelineKind> }) {
  const navigate = useNavigate({ from: '/experiments/$experiment_id/timeline' });
  const there = (Object.keys(TIMELINE) as TimelineKind[]).filter(
    (kind) => chosen.has(kind) || lines.some((line) => line.kind === kind),
  );
  const choose = (kinds: readonly TimelineKind[]): void =>
    void navigate({
      search: kinds.length === 0 ? {} : { kinds: kinds.join(',') },
      replace: true,
      resetScroll: false,
    });
  return (
    <div className="chips" role="group" aria-label="Kinds of lines">
      <button type="button" className="chip" aria-pressed={chosen.size === 0} onClick={() => choose([])}>
        All
      </button>
      {there.map((kind) => {
        const isOn = chosen.has(kind);
        const others = [...chosen].filter((one) => one !== kind);
        return (
          <button
            key={kind}
            type="button"
            className="chip"
            aria-pressed={isOn}
            onClick={() => choose(isOn ? others : [...others, kind])}
          >
            <Icon name={TIMELINE[kind].icon} />
            {TIMELINE[kind].text}
            <span className="muted">{count(lines.filter((line) => line.kind === kind).length)}</span>
          </button>
        );
      })}
    </div>
  );
}

function Line({ line }: { line: TimelineLine }) {
  const { at, kind, actor, reason, data } = line;
  const moment = Date.parse(at);
  const tone = lineTone(line);
  const n = kind === 'decided' ? data?.['n'] : undefined;
  const says = TIMELINE[kind].says(line);
  return (
    <li>
      <time dateTime={at} title={exactTime(moment)} className="muted">
        {clockTime(moment)}
      </time>
      <Icon name={TIMELINE[kind].icon} className={tone === 'plain' ? 'muted' : `is-${tone}`} />
      <div>
        {typeof n === 'number' ? (
          <Link from="/experiments/$experiment_id" to="/experiments/$experiment_id/decisions" search={{ n }}>
            {says}
          </Link>
        ) : (
          <span>{says}</span>
        )}
        {reason !== undefined && <span className="sub">{reason}</span>}
      </div>
      <span className="by muted" title={actor.type === 'person' ? actor.id : undefined}>
        {actorText(actor)}
      </span>
    </li>
  );
}
