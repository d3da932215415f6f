import { ApiError, type Schemas } from '../api/client.js';
import { sentenceOf } from '../ui/answer.js';
import { Strip } from '../ui/strip.js';
import { asSentence } from '../words/format.js';
import { withTimes } from '../words/times.js';
import { Consequences } from './consequences.js';

/** The answer to a preview, on its way. */
export interface Previewed {
  data: Schemas['Preview'] | undefined;
  error: Error | null;
  isFetching: boolean;
  isEnabled: boolean;
}

/** What would be done, or why it would be refused. Errors of fields stand at the fields. */
export function What({ preview: { data, error, isFetching, isEnabled } }: { preview: Previewed }) {
  if (!isEnabled) return null;
  if (error !== null) {
    if (isAtFields(error)) return null;
    const refusal = refusalOf(error);
    if (refusal !== null) return <WouldBeRefused>{refusal}</WouldBeRefused>;
    return (
      <Strip tone="hold" icon="unknown">
        {sentenceOf(error, 'what it would do')}
      </Strip>
    );
  }
  if (data?.refusal) return <WouldBeRefused>{withTimes(data.refusal.detail)}</WouldBeRefused>;
  if (data) return <Consequences preview={data} />;
  return isFetching ? (
    <p className="muted" role="status">
      Working out what it would do…
    </p>
  ) : null;
}

/** Why what was tried would be refused; null where it would not, or where nobody knows. */
export function refusalIn({ data, error }: Previewed): string | null {
  if (data?.refusal) return asSentence(withTimes(data.refusal.detail));
  const refusal = error && refusalOf(error);
  return refusal && asSentence(refusal);
}

function WouldBeRefused({ children }: { children: string }) {
  return (
    <Strip tone="hold" icon="lock">
      <b>It would be refused.</b> {asSentence(children)}
    </Strip>
  );
}

function refusalOf(error: Error): string | null {
  const isRefusal = error instanceof ApiError && error.status > 0 && error.status < 500;
  return isRefusal ? withTimes(error.problem.detail) : null;
}

/** The fields of the dialogs, which show by themselves what is wrong with them. */
const FIELDS = ['reason', 'coverage', 'variant', 'end_date', 'duration'];

function isAtFields(error: Error): boolean {
  const errors = error instanceof ApiError ? error.problem.errors : undefined;
  return errors !== undefined && errors.every(({ path }) => FIELDS.includes(path));
}
