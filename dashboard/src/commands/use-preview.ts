import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { previewQuery, type CommandBody, type StartBody } from './calls.js';
import type { CommandName } from './offered.js';
import type { Sending } from './use-sending.js';
import type { Previewed } from './what.js';

const TYPING_MS = 300;

/** Not while the command is on its way: it may be carried out already, and would be refused a second time. */
export function mayAsk({ is }: Pick<Sending<unknown>, 'is'>): boolean {
  return is !== 'sending' && is !== 'answered';
}

/** What a command or a start with this body would do, once nobody types any more; null for a body that lacks something. */
export function usePreview(
  experiment_id: string,
  name: CommandName | 'start',
  body: CommandBody | StartBody | null,
  isOpen: boolean,
): Previewed {
  // As text, which is the same for the same body.
  const text = JSON.stringify(body);
  const [settled] = useDebouncedValue(text, TYPING_MS);
  const asked = JSON.parse(settled) as CommandBody | StartBody | null;
  const { data, error, isFetching, isEnabled } = useQuery({
    ...previewQuery(experiment_id, name, asked ?? {}),
    enabled: isOpen && asked !== null,
  });
  // What was said of another body says nothing of this one.
  if (settled !== text) return { data: undefined, error: null, isFetching: true, isEnabled: body !== null };
  return { data, error, isFetching, isEnabled };
}
