import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { experimentQuery, planQuery } from '../../../api/queries.js';
import { Answer } from '../../../ui/answer.js';
import { Empty } from '../../../ui/empty.js';
import { useResults } from '../past/use-look.js';
import { Bars } from './bars.js';

/** How far each guardrail is from rolling the experiment back, and from being proven safe. */
export function Guardrails() {
  const { experiment_id } = useParams({ from: '/experiments/$experiment_id' });
  const experiment = useQuery(experimentQuery(experiment_id)).data!;
  const { results } = useResults(experiment);
  const plan = useQuery(planQuery(experiment));
  if (experiment.success_metrics.guardrail?.length === 0) {
    return (
      <Empty title="This experiment has no guardrail">
        Nothing but its primaries rolls it back. A guardrail such as error_rate ends an experiment that breaks
        something.
      </Empty>
    );
  }
  return (
    <Answer query={results} what="its results">
      {(data) =>
        data === null ? (
          <Empty title="Nothing was measured yet">The first look comes once units are exposed.</Empty>
        ) : (
          <Answer query={plan} what="its plan">
            {(its) => its && <Bars experiment={experiment} results={data} plan={its} />}
          </Answer>
        )
      }
    </Answer>
  );
}
