import { ApplicationFailure } from '@temporalio/activity';

/** Ends an activity that would go on for long, so that another worker takes it at once. */
export function handOver(): ApplicationFailure {
  return ApplicationFailure.retryable('this worker is stopping; another one goes on', 'stopping');
}
