import { ApiError } from '../../api/client.js';
import { sentenceOf } from '../../ui/answer.js';

/** What is wrong by field; under the empty name what is no field's. */
export function messagesOf(error: Error | null, what: string): Record<string, string> {
  if (error === null) return {};
  const errors = error instanceof ApiError ? error.problem.errors : undefined;
  if (!errors || errors.length === 0) return { '': sentenceOf(error, what) };
  return Object.fromEntries(errors.map(({ path, message }) => [path.split('.')[0]!, message]));
}

/** The words of a list with commas. */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
