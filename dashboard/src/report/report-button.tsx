import { useMutation } from '@tanstack/react-query';
import { useSession } from '../session/use-session.js';
import { sentenceOf } from '../ui/answer.js';
import { useNow } from '../ui/age.js';

interface Props {
  experiment_id: string;
  /** The look that is shown; undefined for the present. */
  look: string | undefined;
}

/** Makes the report and saves it; what makes it is loaded then. */
export function ReportButton({ experiment_id, look }: Props) {
  const now = useNow();
  const { session } = useSession();
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: async () => {
      const { downloadReport } = await import('./download.js');
      return downloadReport({ experiment_id, look, now, version: session.version });
    },
  });
  return (
    <>
      <button type="button" className="link" disabled={isPending} onClick={() => mutate()}>
        {isPending ? 'Making the report…' : 'Download report'}
      </button>
      {data === false && <span role="status">Nothing was measured yet.</span>}
      {error !== null && (
        <span className="is-hold" role="alert">
          {sentenceOf(error, 'the report')}
        </span>
      )}
    </>
  );
}
