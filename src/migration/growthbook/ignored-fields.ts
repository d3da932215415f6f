import type { IgnoredFields } from '../fields.js';

const RECORD = {
  dateCreated: 'creation time of the record',
  dateUpdated: 'time of the last change',
  revision: 'number of changes to the record',
} satisfies IgnoredFields;

/** Fields of GrowthBook that do not affect what is served, by the object they belong to. */
export const IGNORED = {
  document: {
    ...RECORD,
    status: 'the HTTP status, repeated',
    experimentsRefreshInterval: 'how often SDKs poll',
    limit: 'paging',
    offset: 'paging',
    count: 'paging',
    total: 'paging',
    nextOffset: 'paging',
  },
  feature: {
    ...RECORD,
    valueType: 'the type of the values, which the values show',
    version: 'number of changes to the record',
    project: 'a name for people; --project selects by it',
    ownerEmail: 'a person; the owner is carried over',
    revisions: 'drafts and earlier versions',
    dependents: 'repeats the prerequisites of others',
  },
  environment: {
    definition: 'the whole feature again, as a string for SDKs',
    defaultValue: 'unused since 2022',
  },
  rule: {
    id: 'an id or name used in reports',
    name: 'of the experiment, for reports',
    key: 'of the experiment, for reports and the hash',
    phase: 'of the experiment, for reports',
    meta: 'names and keys of variations, for reports',
    tracks: 'reporting of exposures',
    hashVersion: 'the version of the hash: units are reassigned',
    seed: 'of the hash: units are reassigned',
    bucketVersion: 'of sticky buckets: units are reassigned',
    minBucketVersion: 'of sticky buckets: units are reassigned',
    disableStickyBucketing: 'of sticky buckets, which do not exist here',
    experimentId: 'an id or name used in reports',
    trackingKey: 'of the experiment, for reports and the hash',
    variationId: 'an id or name used in reports',
    scheduleType: 'how the editor shows the schedule',
    pendingRamp: 'of a draft',
  },
  arm: { name: 'an id or name used in reports' },
  filter: {
    hashVersion: 'of the hash: units are reassigned',
    attribute: 'of the hash: units are reassigned',
  },
  savedGroup: { ...RECORD, id: 'repeats its key', owner: 'a person', organization: 'who owns the record' },
} satisfies Record<string, IgnoredFields>;
