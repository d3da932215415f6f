import type { IgnoredFields } from '../fields.js';

/** Fields of Unleash that do not affect what is served, by the object they belong to. */
export const IGNORED = {
  document: {
    version: 'version of the format',
    query: 'the request',
    meta: 'ETag and revision of the response',
    tagTypes: 'descriptions and icons of tags',
    links: 'links between records, for people',
    contextFields: 'what the editor offers',
    projects: 'names of projects, for people',
  },
  feature: {
    type: 'release, experiment, …: a name for people',
    impressionData: 'reporting',
    createdAt: 'creation time of the record',
    lastSeenAt: 'reporting',
    createdByUserId: 'a person',
    createdBy: 'a person',
    archivedAt: 'archive time; the feature is noted as lost',
    favorite: 'for people only',
    project: 'a name for people; --project selects by it',
    environments: 'reporting',
    lastSeenAtEnvironments: 'reporting',
  },
  strategy: {
    id: 'an id or name used in reports',
    title: 'a name for people',
    featureName: 'repeats the feature',
    projectId: 'repeats the project of the feature',
    createdAt: 'creation time of the record',
    milestoneId: 'of a release plan',
  },
  parameters: { groupId: 'of the hash: units are reassigned' },
  constraint: {
    caseInsensitive: 'used by operators on strings only',
    value: 'used by operators with one value only',
    values: 'used by operators with several values only',
  },
  dateConstraint: {
    contextName: 'dates are compared with the clock',
    caseInsensitive: 'used by operators on strings only',
    values: 'used by operators with several values only',
  },
  tag: { createdByUserId: 'a person' },
  environment: {
    id: 'an id or name used in reports',
    name: 'repeats the feature',
    lastSeenAt: 'reporting',
    createdAt: 'creation time of the record',
  },
  variant: {
    weightType: 'how the editor balances the weights',
    stickiness: 'of the hash: units are reassigned',
  },
  segment: {
    createdBy: 'a person',
    createdAt: 'creation time of the record',
    usedInFeatures: 'number of features or projects that use it',
    usedInProjects: 'number of features or projects that use it',
    project: 'a name for people',
  },
} satisfies Record<string, IgnoredFields>;
