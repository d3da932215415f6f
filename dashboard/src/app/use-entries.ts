import { useMantineColorScheme } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api, bodyOf } from '../api/client.js';
import { libraryQuery, type LibraryKind } from '../api/library.js';
import { useSession } from '../session/use-session.js';
import { standing } from '../words/state.js';
import type { IconName } from '../ui/icon.js';
import type { Entry } from './found.js';

type Go = (path: string) => void;

const PAGES: [text: string, path: string, icon: IconName, isForAdmin?: true][] = [
  ['Attention', '/', 'bell'],
  ['Experiments', '/experiments', 'flask'],
  ['Flags', '/flags', 'flag'],
  ['Stale flags', '/flags/stale', 'flag'],
  ['Segments', '/library/segments', 'books'],
  ['Metrics', '/library/metrics', 'books'],
  ['Policies', '/library/policies', 'books'],
  ['Layers', '/library/layers', 'books'],
  ['Holdouts', '/library/holdouts', 'books'],
  ['Emergency stops', '/operations/stops', 'stop'],
  ['System', '/operations/system', 'server'],
  ['What experiments were worth', '/operations/worth', 'server'],
  ['Events that arrive', '/operations/events', 'server'],
  ['Audit trail', '/operations/audit', 'server'],
  ['Keys', '/operations/keys', 'lock', true],
  ['Webhooks', '/operations/webhooks', 'bell', true],
  ['Privacy', '/operations/privacy', 'lock', true],
];

const NOUNS: Record<LibraryKind, string> = {
  segments: 'segment',
  metrics: 'metric',
  policies: 'policy',
  layers: 'layer',
  holdouts: 'holdout',
};
const LIBRARY = Object.keys(NOUNS) as LibraryKind[];

/** Everything that can be found or done; what the server lists is asked for once this is used. */
export function useEntries(onShowKeys: () => void): { entries: Entry[]; isLoading: boolean } {
  const navigate = useNavigate();
  const go: Go = (path) => void navigate({ to: path });
  const actions = useActions(go, onShowKeys);
  const experiments = useQuery({
    queryKey: ['experiments', 'names'],
    queryFn: () => bodyOf(api.GET('/v1/experiments', { params: { query: { limit: 1_000 } } })),
  });
  const flags = useQuery({
    queryKey: ['flags', 'names'],
    queryFn: () => bodyOf(api.GET('/v1/flags', { params: { query: { limit: 1_000 } } })),
  });
  const library = useQueries({ queries: LIBRARY.map((kind) => libraryQuery<LibraryKind>(kind)) });

  const entries = [
    ...actions,
    ...(experiments.data?.items ?? []).map((experiment): Entry => {
      const { experiment_id, name } = experiment;
      const { text, icon } = standing(experiment);
      return {
        key: `experiment ${experiment_id}`,
        icon,
        text: name ?? experiment_id,
        note: `experiment${name === undefined ? '' : ` ${experiment_id}`}, ${text}`,
        run: () => go(`/experiments/${encodeURIComponent(experiment_id)}/overview`),
      };
    }),
    ...(flags.data?.items ?? []).map(({ flag_id, enabled }): Entry => ({
      key: `flag ${flag_id}`,
      icon: 'flag',
      text: flag_id,
      note: `flag, ${enabled ? 'on' : 'off'}`,
      run: () => go(`/flags/${encodeURIComponent(flag_id)}/overview`),
    })),
    ...LIBRARY.flatMap((kind, index) => libraryEntries(kind, library[index]?.data?.items ?? [], go)),
  ];
  const isLoading = experiments.isPending || flags.isPending || library.some(({ isPending }) => isPending);
  return { entries, isLoading };
}

function libraryEntries(kind: LibraryKind, items: readonly object[], go: Go): Entry[] {
  const noun = NOUNS[kind];
  return items.map((item) => {
    const id = String((item as Record<string, unknown>)[`${noun}_id`]);
    const run = (): void => go(`/library/${kind}/${encodeURIComponent(id)}`);
    return { key: `${noun} ${id}`, icon: 'books', text: id, note: noun, run };
  });
}

/** What does something, and the pages. */
function useActions(go: Go, onShowKeys: () => void): Entry[] {
  const { session, signOut } = useSession();
  const { setColorScheme } = useMantineColorScheme();
  const may = (action: (typeof session.may)[number]): boolean => session.may.includes(action);
  const action = (text: string, icon: IconName, run: () => void): Entry => ({
    key: `action ${text}`,
    ...{ icon, text, note: 'action', run },
  });
  return [
    ...(may('define')
      ? [
          action('New experiment', 'flask', () => go('/experiments/new')),
          action('New flag', 'flag', () => go('/flags/new')),
        ]
      : []),
    ...PAGES.filter(([, , , isForAdmin]) => isForAdmin !== true || may('administer')).map(
      ([text, path, icon]): Entry => ({ key: `page ${path}`, icon, text, note: 'page', run: () => go(path) }),
    ),
    action('Theme: light', 'theme', () => setColorScheme('light')),
    action('Theme: dark', 'theme', () => setColorScheme('dark')),
    action('Theme: as the system', 'theme', () => setColorScheme('auto')),
    action('Show the keys', 'search', onShowKeys),
    action('Sign out', 'person', () => void signOut()),
  ];
}
