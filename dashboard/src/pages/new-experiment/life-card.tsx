import { useState } from 'react';
import type { Launch } from '../../../../src/model/launch.js';
import { Figure } from '../../pictures/figure.js';
import { Ramp, RampTable } from '../../pictures/ramp.js';
import { OUTCOMES } from '../../words/codes.js';
import { count, duration, quantity } from '../../words/format.js';
import { livesToShow, type LivedRun } from './life.js';
import { unitOf } from './odds.js';

interface Props {
  launch: Launch;
  runs: readonly LivedRun[];
  /** The scenario that is shown, by the number of its task. */
  task: number;
  /** The scenario in words: "a true +10 %". */
  truth: string;
}

/** One life of the rehearsal from its start to its end, drawn as a real one is. */
export function LifeCard({ launch: { start_at }, runs, task, truth }: Props) {
  const [place, setPlace] = useState(0);
  const lives = livesToShow(runs, task);
  const run = lives[place % Math.max(1, lives.length)];
  if (run === undefined) return null;
  const { life, outcome, days, units, n } = run;
  const { name, per_day } = unitOf(days);
  const long = `${quantity(Number((days * per_day).toPrecision(2)))} ${name}`;
  const tell = (at: number): string => (at <= start_at ? 'at the start' : `after ${duration(at - start_at)}`);
  return (
    <section className="card">
      <div className="body">
        <Figure
          title={`One life with ${truth}: ${OUTCOMES[outcome].text.toLowerCase()}, decided after ${long}`}
          how={`Life ${n + 1} of the scenario, with ${count(units)} people by then. Another one may go otherwise: the odds above are of all`}
          tools={
            lives.length > 1 && (
              <button type="button" className="link" onClick={() => setPlace((place + 1) % lives.length)}>
                Another life
              </button>
            )
          }
          table={<RampTable stages={life.stages} now={life.ended_at} tell={tell} />}
        >
          {(width) => (
            <Ramp
              stages={life.stages}
              interruptions={life.interruptions}
              now={life.ended_at}
              width={width}
              tell={tell}
            />
          )}
        </Figure>
      </div>
    </section>
  );
}
