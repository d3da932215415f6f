import type { Registry } from 'prom-client';
import { byLabel, computedSeries, gauge, type Sample } from '../../src/monitoring/computed-series.js';
import type { Fleet, FleetWatch, Named } from '../../src/operations/watch-fleet.js';

/** What is the case in the installation: every process tells the same, so the numbers of several are not added up. */
export function fleetSeries(registry: Registry, watch: Pick<FleetWatch, 'fleet'>): void {
  const labelled = (name: string, help: string, read: (fleet: Fleet) => Sample[]): void =>
    computedSeries(registry, { name, help, type: 'gauge', aggregator: 'max' }, () =>
      watch.fleet ? read(watch.fleet) : [],
    );
  const single = (name: string, help: string, read: (fleet: Fleet) => number): void =>
    gauge(registry, name, help, 'max', () => watch.fleet && read(watch.fleet));
  labelled('rampart_experiments', 'Experiments by state.', ({ states }) => byLabel('state', states));
  labelled('rampart_experiments_held', 'Experiments under a hold, by its code.', ({ holds }) =>
    byLabel('code', holds),
  );
  single('rampart_experiments_paused', 'Experiments that people have paused.', ({ paused }) => paused);
  single(
    'rampart_commands_waiting',
    'Commands that are stored and not delivered.',
    ({ commands }) => commands.waiting,
  );
  single(
    'rampart_commands_oldest_seconds',
    'How long the oldest command waits.',
    ({ commands }) => commands.oldest,
  );
  labelled(
    'rampart_emergency_stops',
    'Emergency stops that are not released; incomplete: not every process and experiment obeys yet.',
    ({ stops }) =>
      byLabel('state', [
        ['in_force', stops.in_force],
        ['incomplete', stops.incomplete],
      ]),
  );
  labelled(
    'rampart_processes',
    'Processes that serve, by their heartbeats; sdk: services that evaluate in their own process.',
    processSamples,
  );
  single(
    'rampart_folding_lag_seconds',
    'How long the oldest batch of events waits for folding.',
    (fleet) => fleet.folding_lag,
  );
  single(
    'rampart_alerts_overdue_seconds',
    'How late the first alert of the outbox is that is to be sent.',
    (fleet) => fleet.alerts_overdue,
  );
  labelled(
    'rampart_experiment_data_age_seconds',
    'Time since events of a live experiment were folded; of the 100 for which it is longest.',
    ({ data_ages }) => ofExperiments(data_ages),
  );
  labelled(
    'rampart_experiment_look_overdue_seconds',
    'How late the next look at a live experiment is; of the 100 for which it is latest.',
    ({ looks_overdue }) => ofExperiments(looks_overdue),
  );
}

function ofExperiments(numbers: readonly Named[]): Sample[] {
  return byLabel('experiment_id', numbers);
}

function processSamples({ processes }: Fleet): Sample[] {
  return (['api', 'sdk'] as const).flatMap((kind) =>
    (['live', 'lost'] as const).map((state) => ({
      labels: { kind, state },
      value: processes.filter((one) => one.kind === kind && one.live === (state === 'live')).length,
    })),
  );
}
