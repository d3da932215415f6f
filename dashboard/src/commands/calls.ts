import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf, type Schemas, type idempotencyKey } from '../api/client.js';
import type { CommandName } from './offered.js';

export interface CommandBody {
  reason?: string;
  coverage?: number;
  variant?: string;
  /** ISO 8601. */
  end_date?: string;
}

/** ISO 8601, or a duration such as `14d`; what is left out is as the definition says. */
export interface StartBody {
  start_date?: string;
  end_date?: string;
  duration?: string;
}

/** `stored`: it is delivered as soon as its workflow can be reached. */
export type CommandReply =
  { is: 'taken'; experiment: Schemas['Experiment'] } | { is: 'stored'; command_id: string };

/** Every command, and the start, has a call of its own with the same form of preview; one of them stands for the types of all. */
function pathOf(name: CommandName | 'start'): '/v1/experiments/{experiment_id}/stop' {
  return `/v1/experiments/{experiment_id}/${name}` as '/v1/experiments/{experiment_id}/stop';
}

/** What a command or a start would do now. It is part of the experiment, so that a change of that asks anew. */
export const previewQuery = (
  experiment_id: string,
  name: CommandName | 'start',
  body: CommandBody | StartBody,
) =>
  queryOptions({
    queryKey: ['experiment', experiment_id, 'preview', name, body],
    queryFn: async () =>
      (await bodyOf(
        api.POST(pathOf(name), {
          params: { path: { experiment_id }, query: { preview: 'true' } },
          body: body as { reason: string },
        }),
      )) as Schemas['Preview'],
    gcTime: 0,
    staleTime: 0,
    retry: false,
  });

export async function giveCommand(
  experiment_id: string,
  name: CommandName,
  body: CommandBody,
  key: ReturnType<typeof idempotencyKey>,
): Promise<CommandReply> {
  const answer = await bodyOf(
    api.POST(pathOf(name), {
      params: { path: { experiment_id }, header: key },
      body: body as { reason: string },
    }),
  );
  if ('state' in answer) return { is: 'taken', experiment: answer };
  return { is: 'stored', command_id: (answer as { command_id: string }).command_id };
}

const PENDING_MS = 1_000;

/** What became of a command that was stored; asked again until that is known. */
export const commandQuery = (experiment_id: string, command_id: string) =>
  queryOptions({
    queryKey: ['experiment', experiment_id, 'command', command_id],
    queryFn: () =>
      bodyOf(
        api.GET('/v1/experiments/{experiment_id}/commands/{command_id}', {
          params: { path: { experiment_id, command_id } },
        }),
      ),
    refetchInterval: ({ state }) =>
      state.data === undefined || state.data.status === 'pending' ? PENDING_MS : false,
  });
