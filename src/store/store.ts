import type { Flag, Segment } from '../model/flag.js';
import type { Holdout, Layer } from '../model/layer.js';
import type { MetricDocument } from '../model/metric.js';
import type { PolicyDocument } from '../model/policy.js';
import { keyedHash } from '../secrets/keyed-hash.js';
import { AlertConditionStore } from './alert-conditions.js';
import { AlertSubjectStore } from './alert-subjects.js';
import { AuditStore } from './audit.js';
import { CommandStore } from './commands.js';
import { Database } from './database.js';
import { DecisionStore } from './decisions.js';
import { DefinitionStore } from './definitions.js';
import { DeliveryStore } from './deliveries.js';
import { EmergencyStopStore } from './emergency-stops.js';
import { ErasureStore } from './erasures.js';
import { EventMinuteStore } from './event-minutes.js';
import { EventTypeStore } from './event-types.js';
import { ExperimentListStore } from './experiment-list.js';
import { ExperimentStore } from './experiments.js';
import { FlagLeaseStore } from './flag-leases.js';
import { IdempotencyStore } from './idempotency.js';
import { InboxStore } from './inbox.js';
import { InsightStore } from './insights.js';
import { InstanceStore } from './instances.js';
import { LeaseStore } from './layers.js';
import { KeyStore } from './keys.js';
import { KeyringStore } from './keyring.js';
import { MarkedUnitStore, type Exclusion, type Override } from './marked-units.js';
import { MinutesStore } from './minutes.js';
import { OptOutStore } from './opt-outs.js';
import { PastExperimentStore } from './past-experiments.js';
import { PersonStore } from './people.js';
import { RecentEventStore } from './recent-events.js';
import { ReconciliationStore } from './reconciliation.js';
import { SealedFieldStore } from './sealed-fields.js';
import { ServingStore } from './serving.js';
import { SnapshotStore } from './snapshots.js';
import { TimelineStore } from './timeline.js';
import { TotalsStore } from './totals.js';
import { UnitStore } from './units.js';
import { UntoldLines } from './untold-lines.js';
import { WebhookStore } from './webhooks.js';

/** Everything that is stored, one member for each collection. */
export interface Store {
  database: Database;
  flags: DefinitionStore<Flag>;
  segments: DefinitionStore<Segment>;
  metrics: DefinitionStore<MetricDocument>;
  policies: DefinitionStore<PolicyDocument>;
  layers: DefinitionStore<Layer>;
  holdouts: DefinitionStore<Holdout>;
  leases: LeaseStore;
  flagLeases: FlagLeaseStore;
  experiments: ExperimentStore;
  experimentList: ExperimentListStore;
  pastExperiments: PastExperimentStore;
  timeline: TimelineStore;
  untold: UntoldLines;
  decisions: DecisionStore;
  exclusions: MarkedUnitStore<Exclusion>;
  overrides: MarkedUnitStore<Override>;
  optOuts: OptOutStore;
  snapshots: SnapshotStore;
  commands: CommandStore;
  emergencyStops: EmergencyStopStore;
  serving: ServingStore;
  reconciliation: ReconciliationStore;
  insights: InsightStore;
  instances: InstanceStore;
  keys: KeyStore;
  keyring: KeyringStore;
  sealedFields: SealedFieldStore;
  people: PersonStore;
  audit: AuditStore;
  idempotency: IdempotencyStore;
  eventTypes: EventTypeStore;
  eventMinutes: EventMinuteStore;
  recentEvents: RecentEventStore;
  inbox: InboxStore;
  totals: TotalsStore;
  minutes: MinutesStore;
  units: UnitStore;
  erasures: ErasureStore;
  webhooks: WebhookStore;
  deliveries: DeliveryStore;
  alertSubjects: AlertSubjectStore;
  alertConditions: AlertConditionStore;
}

/**
 * Connects, and creates the indexes and the documents that must exist from the first start on. Where that fails, no
 * connection is left behind: it may be tried again.
 *
 * @param options.secret of the deployment; the audit trail is a chain under it
 * @param options.partitions into which a new installation divides its units
 */
export async function openStore(
  uri: string,
  name: string,
  options: { secret: string; partitions?: number },
): Promise<Store> {
  const database = await Database.connect(uri, name);
  try {
    return await initialise(database, options);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function initialise(
  database: Database,
  { secret, partitions = 16 }: { secret: string; partitions?: number },
): Promise<Store> {
  const store = storesIn(database, secret, await InboxStore.open(database, partitions));
  // The anchor first: an installation with a serving document and without an anchor has lost it.
  await store.audit.initialise(await store.serving.isFresh());
  await store.serving.initialise();
  await store.flags.index('enabled');
  await store.flags.index('prerequisites.flag_id');
  for (const definitions of definitionsOf(store)) await definitions.initialise();
  for (const part of partsOf(store)) await part.initialise();
  return store;
}

function storesIn(database: Database, secret: string, inbox: InboxStore): Store {
  return {
    database,
    flags: new DefinitionStore<Flag>(database, 'flag'),
    segments: new DefinitionStore<Segment>(database, 'segment'),
    metrics: new DefinitionStore<MetricDocument>(database, 'metric'),
    policies: new DefinitionStore<PolicyDocument>(database, 'policy'),
    layers: new DefinitionStore<Layer>(database, 'layer'),
    holdouts: new DefinitionStore<Holdout>(database, 'holdout'),
    leases: new LeaseStore(database),
    flagLeases: new FlagLeaseStore(database),
    experiments: new ExperimentStore(database),
    experimentList: new ExperimentListStore(database),
    pastExperiments: new PastExperimentStore(database),
    timeline: new TimelineStore(database),
    untold: new UntoldLines(database),
    decisions: new DecisionStore(database),
    exclusions: new MarkedUnitStore<Exclusion>(database, 'exclusions'),
    overrides: new MarkedUnitStore<Override>(database, 'overrides'),
    optOuts: new OptOutStore(database),
    snapshots: new SnapshotStore(database),
    commands: new CommandStore(database),
    emergencyStops: new EmergencyStopStore(database),
    serving: new ServingStore(database),
    reconciliation: new ReconciliationStore(database),
    insights: new InsightStore(database),
    instances: new InstanceStore(database),
    keys: new KeyStore(database),
    keyring: new KeyringStore(database),
    sealedFields: new SealedFieldStore(database),
    people: new PersonStore(database),
    audit: new AuditStore(database, keyedHash(secret, 'rampart audit chain')),
    idempotency: new IdempotencyStore(database),
    eventTypes: new EventTypeStore(database),
    eventMinutes: new EventMinuteStore(database),
    recentEvents: new RecentEventStore(database),
    inbox,
    totals: new TotalsStore(database),
    minutes: new MinutesStore(database),
    units: new UnitStore(database),
    erasures: new ErasureStore(database),
    webhooks: new WebhookStore(database),
    deliveries: new DeliveryStore(database),
    alertSubjects: new AlertSubjectStore(database),
    alertConditions: new AlertConditionStore(database),
  };
}

/** Everything else that needs indexes or a first document. */
function partsOf(store: Store): { initialise(): Promise<void> }[] {
  const { experiments, experimentList, timeline, untold, decisions, exclusions, overrides, snapshots } =
    store;
  const { commands, emergencyStops, idempotency, totals, eventTypes, keyring, sealedFields, erasures } =
    store;
  const { deliveries, alertConditions, eventMinutes, recentEvents, minutes, pastExperiments } = store;
  return [
    ...[experiments, experimentList, timeline, untold, decisions, exclusions, overrides, snapshots],
    ...[commands, emergencyStops, idempotency, totals, eventTypes, keyring, sealedFields, erasures],
    ...[deliveries, alertConditions, eventMinutes, recentEvents, minutes, pastExperiments],
  ];
}

/** The definitions of every kind. */
export function definitionsOf(store: Store): DefinitionStore<object>[] {
  const { flags, segments, metrics, policies, layers, holdouts } = store;
  return [flags, segments, metrics, policies, layers, holdouts] as never;
}
