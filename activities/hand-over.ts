import { ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';

/** Ends an activity that would go on for long, so that another worker takes it at once. Nothing is wrong then. */
export function handOver(): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'this worker is stopping; another one goes on',
    type: 'stopping',
    category: ApplicationFailureCategory.BENIGN,
  });
}
