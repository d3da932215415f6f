import { useQuery } from '@tanstack/react-query';
import { policyVersionsQuery, type PolicyVersion } from '../../api/library.js';
import { Answer } from '../../ui/answer.js';
import { Card } from '../../ui/card.js';
import { ComparedVersions, type Version } from './compared-versions.js';

/** Every version of a policy, and any two of them beside one another. */
export function PolicyVersions({ policy_id, newest }: { policy_id: string; newest: number }) {
  const query = useQuery(policyVersionsQuery(policy_id));
  return (
    <Card title="Versions">
      <Answer query={query} what="its versions">
        {({ items }) =>
          items.length < 2 ? (
            <p className="muted">This is its only version.</p>
          ) : (
            <ComparedVersions key={newest} noun="version" versions={items.map(versionOf)} />
          )
        }
      </Answer>
    </Card>
  );
}

/** That the number of the version differs says nothing. */
function versionOf({ version, at, by, definition }: PolicyVersion): Version {
  const fields = Object.entries(definition).filter(([field]) => field !== 'version');
  return { number: version, at, by, definition: Object.fromEntries(fields) };
}
