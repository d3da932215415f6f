import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { chosenDecision, chosenKinds, chosenLook } from './search.js';
import { listSearchOf } from '../pages/experiments/search.js';
import { comparedOf } from '../pages/flag/compared.js';
import { flagSearchOf } from '../pages/flags/search.js';
import { NotFound } from './not-found.js';
import { Shell } from './shell.js';

// A page is a chunk of its own, which is loaded when somebody points at a link to it.

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });
const under = <const Path extends string>(path: Path) => ({ getParentRoute: () => root, path }) as const;

/** A section opens at its first page. */
const to = (path: string) => ({
  beforeLoad: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's own way
    throw redirect({ to: path, replace: true });
  },
});

const attention = createRoute({
  ...under('/'),
  component: lazyRouteComponent(() => import('../pages/attention/attention.js'), 'Attention'),
});
const experiments = createRoute({
  ...under('/experiments'),
  validateSearch: listSearchOf,
  component: lazyRouteComponent(() => import('../pages/experiments/experiment-list.js'), 'ExperimentList'),
});
const newExperiment = createRoute({
  ...under('/experiments/new'),
  component: lazyRouteComponent(() => import('../pages/new-experiment/new-experiment.js'), 'NewExperiment'),
});

const experiment = createRoute({
  ...under('/experiments/$experiment_id'),
  validateSearch: chosenLook,
  component: lazyRouteComponent(() => import('../pages/experiment/experiment.js'), 'ExperimentPage'),
});
const inExperiment = <const Path extends string>(path: Path) =>
  ({ getParentRoute: () => experiment, path }) as const;
const experimentTabs = [
  createRoute({
    ...inExperiment('/'),
    beforeLoad: ({ params, search }) => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's own way
      throw redirect({ to: '/experiments/$experiment_id/overview', params, search, replace: true });
    },
  }),
  createRoute({
    ...inExperiment('overview'),
    component: lazyRouteComponent(() => import('../pages/experiment/overview/overview.js'), 'Overview'),
  }),
  createRoute({
    ...inExperiment('evidence'),
    component: lazyRouteComponent(() => import('../pages/experiment/evidence/evidence.js'), 'Evidence'),
  }),
  createRoute({
    ...inExperiment('guardrails'),
    component: lazyRouteComponent(() => import('../pages/experiment/guardrails/guardrails.js'), 'Guardrails'),
  }),
  createRoute({
    ...inExperiment('health'),
    component: lazyRouteComponent(() => import('../pages/experiment/health/health.js'), 'Health'),
  }),
  createRoute({
    ...inExperiment('decisions'),
    validateSearch: chosenDecision,
    component: lazyRouteComponent(() => import('../pages/experiment/decisions/decisions.js'), 'Decisions'),
  }),
  createRoute({
    ...inExperiment('timeline'),
    validateSearch: chosenKinds,
    component: lazyRouteComponent(() => import('../pages/experiment/timeline/timeline.js'), 'Timeline'),
  }),
  createRoute({
    ...inExperiment('definition'),
    component: lazyRouteComponent(() => import('../pages/experiment/definition/definition.js'), 'Definition'),
  }),
  createRoute({
    ...inExperiment('people'),
    component: lazyRouteComponent(() => import('../pages/experiment/people/people.js'), 'People'),
  }),
] as const;

const flags = createRoute({
  ...under('/flags'),
  validateSearch: flagSearchOf,
  component: lazyRouteComponent(() => import('../pages/flags/flag-list.js'), 'FlagList'),
});
const newFlag = createRoute({
  ...under('/flags/new'),
  validateSearch: ({ from }: Record<string, unknown>): { from?: string } => ({
    ...((typeof from === 'string' || typeof from === 'number') && from !== '' && { from: String(from) }),
  }),
  component: lazyRouteComponent(() => import('../pages/flags/new-flag.js'), 'NewFlag'),
});
const staleFlags = createRoute({
  ...under('/flags/stale'),
  component: lazyRouteComponent(() => import('../pages/flags/stale-flags.js'), 'StaleFlags'),
});
const flag = createRoute({
  ...under('/flags/$flag_id'),
  component: lazyRouteComponent(() => import('../pages/flag/flag.js'), 'FlagPage'),
});
const inFlag = <const Path extends string>(path: Path) => ({ getParentRoute: () => flag, path }) as const;
const flagTabs = [
  createRoute({
    ...inFlag('/'),
    beforeLoad: ({ params }) => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's own way
      throw redirect({ to: '/flags/$flag_id/overview', params, replace: true });
    },
  }),
  createRoute({
    ...inFlag('overview'),
    component: lazyRouteComponent(() => import('../pages/flag/overview.js'), 'FlagOverview'),
  }),
  createRoute({
    ...inFlag('edit'),
    component: lazyRouteComponent(() => import('../pages/flag/edit.js'), 'FlagEdit'),
  }),
  createRoute({
    ...inFlag('revisions'),
    validateSearch: comparedOf,
    component: lazyRouteComponent(() => import('../pages/flag/revisions.js'), 'FlagRevisions'),
  }),
  createRoute({
    ...inFlag('playground'),
    component: lazyRouteComponent(() => import('../pages/flag/playground.js'), 'FlagPlayground'),
  }),
] as const;

const library = createRoute({ ...under('/library'), ...to('/library/segments') });
const libraryKind = createRoute({
  ...under('/library/$kind'),
  component: lazyRouteComponent(() => import('../pages/library/library.js'), 'Library'),
});
const libraryItem = createRoute({
  ...under('/library/$kind/$id'),
  component: lazyRouteComponent(() => import('../pages/library/library-item.js'), 'LibraryItem'),
});

const operations = createRoute({ ...under('/operations'), ...to('/operations/stops') });
const stops = createRoute({
  ...under('/operations/stops'),
  component: lazyRouteComponent(() => import('../pages/operations/stops/stops.js'), 'Stops'),
});
const stop = createRoute({
  ...under('/operations/stops/$stop_id'),
  component: lazyRouteComponent(() => import('../pages/operations/stops/stop.js'), 'Stop'),
});
const system = createRoute({
  ...under('/operations/system'),
  component: lazyRouteComponent(() => import('../pages/operations/system.js'), 'System'),
});
const worth = createRoute({
  ...under('/operations/worth'),
  component: lazyRouteComponent(() => import('../pages/operations/worth.js'), 'Worth'),
});
const events = createRoute({
  ...under('/operations/events'),
  component: lazyRouteComponent(() => import('../pages/operations/events/events.js'), 'Events'),
});
const audit = createRoute({
  ...under('/operations/audit'),
  validateSearch: ({ actor, subject }: Record<string, unknown>): { actor?: string; subject?: string } => ({
    ...(typeof actor === 'string' && { actor }),
    ...(typeof subject === 'string' && { subject }),
  }),
  component: lazyRouteComponent(() => import('../pages/operations/audit.js'), 'Audit'),
});
const keys = createRoute({
  ...under('/operations/keys'),
  component: lazyRouteComponent(() => import('../pages/operations/keys.js'), 'Keys'),
});
const webhooks = createRoute({
  ...under('/operations/webhooks'),
  component: lazyRouteComponent(() => import('../pages/operations/webhooks/webhooks.js'), 'Webhooks'),
});
const privacy = createRoute({
  ...under('/operations/privacy'),
  component: lazyRouteComponent(() => import('../pages/operations/privacy.js'), 'Privacy'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    attention,
    experiments,
    newExperiment,
    experiment.addChildren([...experimentTabs]),
    flags,
    newFlag,
    staleFlags,
    flag.addChildren([...flagTabs]),
    library,
    libraryKind,
    libraryItem,
    operations,
    stops,
    stop,
    system,
    worth,
    events,
    audit,
    keys,
    webhooks,
    privacy,
  ]),
  defaultPreload: 'intent',
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
