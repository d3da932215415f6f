/**
 * Fields of other systems' documents that mean nothing to an evaluation, with what they are. They are left out without a
 * note: this is the only place where that is decided, and whatever stands neither here nor in a converter is noted as lost.
 */
type Meaningless = Readonly<Record<string, string>>;

export const FLAGD = {
  document: { $schema: 'where the schema of the file is' },
} satisfies Record<string, Meaningless>;

const RECORD = {
  dateCreated: 'when the record was made',
  dateUpdated: 'when the record was changed',
  revision: 'counts changes of the record',
} satisfies Meaningless;

export const GROWTHBOOK = {
  document: {
    ...RECORD,
    status: 'the HTTP status, repeated',
    experimentsRefreshInterval: 'how often a client asks',
    limit: 'paging',
    offset: 'paging',
    count: 'paging',
    total: 'paging',
    hasMore: 'paging',
    nextOffset: 'paging',
  },
  feature: {
    ...RECORD,
    valueType: 'the type, which each value shows',
    version: 'counts changes of the record',
  },
  environment: { definition: 'the same once more, as a text for SDKs', defaultValue: 'unused since 2022' },
  rule: {
    id: 'a name for reports',
    name: 'of the experiment, for reports',
    key: 'of the experiment, for reports and the hash',
    phase: 'of the experiment, for reports',
    meta: 'names and keys of variations, for reports',
    tracks: 'exposures to be reported',
    hashVersion: 'a hash function: units are dealt anew',
    seed: 'of the hash: units are dealt anew',
    bucketVersion: 'of sticky buckets: units are dealt anew',
    minBucketVersion: 'of sticky buckets: units are dealt anew',
    disableStickyBucketing: 'of sticky buckets: there are none here',
    experimentId: 'a name for reports',
    trackingKey: 'of the experiment, for reports and the hash',
    variationId: 'a name for reports',
  },
  group: { ...RECORD, id: 'repeats its key', owner: 'a person', organization: 'who owns the record' },
} satisfies Record<string, Meaningless>;

const VERSIONED = {
  key: 'repeats its key',
  version: 'counts changes of the record',
  deleted: 'false: of what is deleted there is only a tombstone',
} satisfies Meaningless;

const LINKS = {
  _links: 'links of the REST API',
  _access: 'who may change the record',
  _debugEventsUntilDate: 'reporting',
} satisfies Meaningless;

export const LAUNCHDARKLY = {
  document: {
    $schema: 'where the schema of the file is',
    _links: 'links of the REST API',
    totalCount: 'paging',
    totalCountWithDifferences: 'paging',
    path: 'of the stream event',
  },
  flag: {
    ...VERSIONED,
    ...LINKS,
    _version: 'counts changes of the record',
    kind: 'the type, which each variation shows',
    salt: 'of the hash: units are dealt anew',
    sel: 'of the hash: units are dealt anew',
    trackEvents: 'reporting',
    trackEventsFallthrough: 'reporting',
    debugEventsUntilDate: 'reporting',
    samplingRatio: 'reporting',
    excludeFromSummaries: 'reporting',
    creationDate: 'when the record was made',
    goalIds: 'reporting',
    experiments: 'reporting',
    includeInSnippet: 'which flags browsers may see',
    clientSide: 'which flags browsers may see',
    clientSideAvailability: 'which flags browsers may see',
    variationJsonSchema: 'checks values when they are edited',
    _purpose: 'for people',
    maintainerId: 'a person, whose address is carried over',
  },
  environment: {
    ...VERSIONED,
    ...LINKS,
    salt: 'of the hash: units are dealt anew',
    sel: 'of the hash: units are dealt anew',
    lastModified: 'when the record was changed',
    archived: 'repeats the flag',
    trackEvents: 'reporting',
    trackEventsFallthrough: 'reporting',
    _site: 'a link',
    _environmentName: 'a name for people',
    _summary: 'repeats the settings',
    _debugEventsUntilDate: 'reporting',
  },
  variation: { _id: 'a name for reports' },
  maintainer: {
    _id: 'a person, whose address is carried over',
    _links: 'links of the REST API',
    firstName: 'a person, whose address is carried over',
    lastName: 'a person, whose address is carried over',
    role: 'a person, whose address is carried over',
  },
  rule: {
    id: 'a name for reports',
    _id: 'a name for reports',
    _key: 'a name for reports',
    trackEvents: 'reporting',
    ref: 'a name for reports',
    generation: 'counts changes of the record',
    deleted: 'false',
  },
  clause: { _id: 'a name for reports', _key: 'a name for reports' },
  segmentClause: {
    _id: 'a name for reports',
    _key: 'a name for reports',
    attribute: 'of other operators',
    contextKind: 'of other operators',
  },
  rollout: { seed: 'of the hash: units are dealt anew' },
  weighted: { untracked: 'reporting' },
  prerequisite: { _id: 'a name for reports' },
  segment: {
    ...VERSIONED,
    ...LINKS,
    salt: 'of the hash: units are dealt anew',
    generation: 'of a big segment, which is noted as lost',
    unboundedContextKind: 'of a big segment, which is noted as lost',
    creationDate: 'when the record was made',
    lastModifiedDate: 'when the record was changed',
    _flags: 'flags that refer to it',
  },
} satisfies Record<string, Meaningless>;

export const UNLEASH = {
  document: {
    version: 'of the format',
    query: 'what was asked for',
    meta: 'of the answer: its ETag and revision',
    tagTypes: 'descriptions and icons of tags',
    links: 'links between records, for people',
    contextFields: 'what the editor offers',
    projects: 'names of projects, for people',
  },
  feature: {
    type: 'release, experiment, …: a name for people',
    impressionData: 'reporting',
    createdAt: 'when the record was made',
    lastSeenAt: 'reporting',
    createdByUserId: 'a person',
    createdBy: 'a person',
    archivedAt: 'when it was archived',
    favorite: 'for people',
    project: 'a name for people; --project selects by it',
    environments: 'reporting',
    lastSeenAtEnvironments: 'reporting',
  },
  strategy: {
    id: 'a name for reports',
    title: 'a name for people',
    featureName: 'repeats the feature',
    projectId: 'repeats the project of the feature',
    createdAt: 'when the record was made',
    milestoneId: 'of a release plan',
  },
  parameters: { groupId: 'of the hash: units are dealt anew' },
  constraint: {
    caseInsensitive: 'of operators on texts',
    value: 'of operators with one value',
    values: 'of operators with several values',
  },
  dateConstraint: {
    contextName: 'dates are compared with the clock',
    caseInsensitive: 'of operators on texts',
    values: 'of operators with several values',
  },
  environment: { lastSeenAt: 'reporting', createdAt: 'when the record was made' },
  variant: { weightType: 'how the editor adds weights up', stickiness: 'of the hash: units are dealt anew' },
  segment: {
    createdBy: 'a person',
    createdAt: 'when the record was made',
    usedInFeatures: 'counts what refers to it',
    usedInProjects: 'counts what refers to it',
    project: 'a name for people',
  },
} satisfies Record<string, Meaningless>;
