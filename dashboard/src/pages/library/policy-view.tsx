import type { Policy } from '../../api/library.js';
import { Figure } from '../../pictures/figure.js';
import { Ramp, RampTable } from '../../pictures/ramp.js';
import { Card } from '../../ui/card.js';
import { durationMs } from '../../words/duration-text.js';
import { duration } from '../../words/format.js';
import { policyParts } from '../../words/policy.js';
import { Facts } from './facts.js';
import { FreezeWindows } from './freeze-windows.js';
import { stagesOf } from './policy-stages.js';
import { PolicyVersions } from './policy-versions.js';

export function PolicyView({ policy }: { policy: Policy }) {
  return (
    <>
      <Life policy={policy} />
      <div className="grid cols-2">
        {policyParts(policy).map(({ title, facts }) => (
          <Card key={title} title={title}>
            <Facts facts={facts} />
          </Card>
        ))}
      </div>
      <FreezeWindows policy={policy} />
      <PolicyVersions policy_id={policy.policy_id} newest={policy.version} />
    </>
  );
}

/** Moments are told by how long after the start they are. */
function afterStart(at: number): string {
  return at === 0 ? 'at the start' : `after ${duration(at)}`;
}

function Life({ policy }: { policy: Policy }) {
  const stages = stagesOf(policy);
  const run = stages.find(({ kind }) => kind === 'run');
  const reached = run?.from ? Date.parse(run.from) : 0;
  const finding =
    reached === 0
      ? `Everyone can be reached from the start; decided after ${duration(durationMs(policy.max_duration))} at the latest`
      : `Everyone can be reached after ${duration(reached)} at the earliest; decided after ${duration(durationMs(policy.max_duration))} at the latest`;
  return (
    <div className="card">
      <div className="body">
        <Figure
          title={finding}
          how="Columns are stages, not to scale in time; height is the root of the share. Dotted: only if an arm wins"
          table={<RampTable stages={stages} now={-1} tell={afterStart} />}
        >
          {(width) => <Ramp stages={stages} interruptions={[]} now={-1} width={width} tell={afterStart} />}
        </Figure>
      </div>
    </div>
  );
}
