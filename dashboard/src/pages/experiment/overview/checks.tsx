import { Icon } from '../../../ui/icon.js';
import { useNow } from '../../../ui/age.js';
import { shortTime } from '../../../words/times.js';
import { conditionAmount, conditionName, type Condition } from '../../../words/waiting.js';

/** Conditions, with how far each is. */
export function Checks({ conditions }: { conditions: readonly Condition[] }) {
  const now = useNow();
  return (
    <ul className="checks">
      {conditions.map((condition) => {
        const { code, variant, metric_id, met, text, at } = condition;
        return (
          <li key={[code, metric_id, variant].join(' ')}>
            <ConditionIcon condition={condition} />
            <span>
              {conditionName(condition)}
              <span className="sub">
                {!met && at !== null
                  ? `earliest ${shortTime(Date.parse(at), now)}`
                  : met && code !== 'no_hold'
                    ? 'met'
                    : text}
              </span>
            </span>
            <span className={met ? 'muted nowrap' : 'nowrap'}>{conditionAmount(condition)}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** Met, under way, or open. */
export function ConditionIcon({ condition: { met, have, code } }: { condition: Condition }) {
  if (met) return <Icon name="check" />;
  if (code === 'guardrails_seen' || code === 'guardrail_blind') return <Icon name="blind" />;
  return have === null ? <Icon name="wait" className="muted" /> : <Icon name="part" className="is-info" />;
}
