import type { StoredPerson } from '../../src/model/person.js';
import { audited, publishChange } from '../../src/operations/tell.js';
import type { ApiContext } from '../context.js';
import { wholeInstallation } from '../environments.js';
import { pagingQuery } from '../query.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/administration.js';
import { found } from './found.js';
import { pageInMemory } from './page-in-memory.js';

/** People who sign in by the identity provider. Their roles are in the settings: here their sessions are ended. */
export function peopleRoutes(context: ApiContext): Route[] {
  const { store } = context;
  return [
    route({
      method: 'get',
      path: '/v1/people',
      action: 'administer',
      environments: wholeInstallation,
      tag: 'administration',
      summary: 'List the people who have signed in by the identity provider',
      query: pagingQuery,
      replies: { 200: answers.personPage },
      async handle({ query }) {
        const people = new Map((await store.people.all()).map((person) => [person._id, person]));
        const page = pageInMemory(people, query);
        return { status: 200, body: { ...page, items: page.items.map(present) } };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/people/{person_id}/sessions',
      action: 'administer',
      environments: wholeInstallation,
      tag: 'administration',
      summary: 'End all sessions of a person, in every process within two seconds',
      replies: { 204: null },
      async handle({ params: { person_id }, caller }) {
        found(await store.people.get(person_id), `person ${person_id}`);
        const change = {
          by: caller.key_id,
          action: 'person.end_sessions',
          subject: ['person', person_id],
        } as const;
        await audited(context, change, () => store.people.endSessions(person_id));
        await publishChange(context, `person:${person_id}`);
        return { status: 204 };
      },
    }),
  ];
}

function present({ _id, ended: _, ...person }: StoredPerson): answers.PersonAnswer {
  return { person_id: _id, ...person };
}
