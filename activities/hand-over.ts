import { ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';

/** Ends a long activity so that another worker takes it over at once. It is no error. */
export function handOver(): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'this worker is stopping; another one goes on',
    type: 'stopping',
    category: ApplicationFailureCategory.BENIGN,
  });
}
