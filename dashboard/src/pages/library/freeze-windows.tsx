import { useQuery } from '@tanstack/react-query';
import { policyFreezesQuery, type Policy } from '../../api/library.js';
import { Answer } from '../../ui/answer.js';
import { useNow } from '../../ui/age.js';
import { Card } from '../../ui/card.js';
import { Icon } from '../../ui/icon.js';
import { durationText } from '../../words/duration-text.js';
import { duration } from '../../words/format.js';
import { freezeText } from '../../words/policy.js';
import { exactTime, shortTime } from '../../words/times.js';

interface Window {
  from: string;
  until: string;
}

const SHOWN = 4;

/** When nothing begins, advances or ships under a policy. */
export function FreezeWindows({ policy: { policy_id, freeze_windows = [] } }: { policy: Policy }) {
  const query = useQuery({ ...policyFreezesQuery(policy_id), enabled: freeze_windows.length > 0 });
  if (freeze_windows.length === 0) {
    return (
      <Card title="Freeze windows">
        <p className="muted">None: steps and ships may happen at any time.</p>
      </Card>
    );
  }
  return (
    <Card title="Freeze windows" age={<span className="age">the next 60 days</span>}>
      <p className="muted">Nothing begins, advances or ships in them. Roll-backs always do.</p>
      <Answer query={query} what="its freeze windows">
        {({ rules }) => (
          <ul className="checks">
            {freeze_windows.map((rule, index) => (
              <li key={index}>
                <Icon name="hold" className="is-hold" />
                <span>
                  {rule.description ?? freezeText(rule)}
                  <span className="sub">
                    {rule.description !== undefined && `${freezeText(rule)}; `}
                    {durationText(rule.duration)} each, in {rule.time_zone ?? 'UTC'}
                  </span>
                  <Next windows={rules[index]?.windows ?? []} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Answer>
    </Card>
  );
}

function Next({ windows }: { windows: readonly Window[] }) {
  const now = useNow();
  const coming = windows.filter(({ until }) => Date.parse(until) > now).slice(0, SHOWN);
  if (coming.length === 0) return <span className="sub">None of them opens in that time.</span>;
  return (
    <span className="next-windows">
      {coming.map(({ from, until }) => {
        const [begin, end] = [Date.parse(from), Date.parse(until)];
        const isOpen = begin <= now;
        return (
          <time
            key={from}
            dateTime={from}
            title={`${exactTime(begin)} to ${exactTime(end)}`}
            className={isOpen ? 'is-hold' : ''}
          >
            {isOpen
              ? `open until ${shortTime(end, now)}`
              : `${shortTime(begin, now)} for ${duration(end - begin)}`}
          </time>
        );
      })}
    </span>
  );
}
