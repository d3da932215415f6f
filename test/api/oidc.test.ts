import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signInSettings } from '../../api/session/people.js';
import { Sessions } from '../../api/session/sessions.js';
import { ownPath, SignInFlows, type SignInFlow } from '../../api/session/sign-in-flow.js';
import { composeApi, type ApiProcess } from '../../src/bin/compose-api.js';
import type { Config } from '../../src/config.js';
import { freePort } from '../../src/servers/ports.js';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  IdentityProviderServer,
  settingsFor,
  type PersonName,
} from '../identity-provider.js';
import { ADMIN_KEY, Door, SECRET } from './door.js';

// The API is what people open, at an address that is known before it listens; so it stands behind this name.
const PUBLIC_URL = 'http://rampart.test';
const CALLBACK = `${PUBLIC_URL}/auth/oidc/callback`;

let issuer: string;
let provider: IdentityProviderServer;
let door: Door;
let log = '';

beforeAll(async () => {
  issuer = `http://127.0.0.1:${await freePort()}`;
  const kept = new Writable({
    write(chunk, _, done) {
      log += String(chunk);
      done();
    },
  });
  door = await Door.open(settingsFor(issuer, PUBLIC_URL), pino({ base: null }, kept));
  // As a process that serves has it: a slow machine closes no connection that is about to be used.
  door.api.server.keepAliveTimeout = 65_000;
});

afterAll(async () => {
  await door.close();
  await provider.stop();
});

/** A browser: it keeps cookies by host, and goes where it is led, one step at a time. */
class Browser {
  readonly cookies = new Map<string, Map<string, string>>();

  constructor(private readonly accept = 'text/html') {}

  async open(address: string): Promise<{ status: number; location: string; response: Response }> {
    const url = new URL(address, PUBLIC_URL);
    const jar = this.jarOf(url);
    const response = await fetch(url.origin === PUBLIC_URL ? door.url + url.pathname + url.search : url, {
      redirect: 'manual',
      headers: {
        accept: this.accept,
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
      },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      if (value === '' || /max-age=0|expires=Thu, 01 Jan 1970/i.test(cookie)) jar.delete(name!);
      else jar.set(name!, value!);
    }
    const location = response.headers.get('location');
    return {
      status: response.status,
      location: location === null ? '' : new URL(location, url).href,
      response,
    };
  }

  /** To the provider, and back to the address at which the API is to be asked. */
  async toCallback(as: PersonName | 'nobody', return_to = '/flags?on=1'): Promise<string> {
    const started = await this.open(`/auth/oidc/start?return_to=${encodeURIComponent(return_to)}`);
    let { location } = started;
    for (let steps = 0; steps < 8 && !location.startsWith(CALLBACK); steps += 1) {
      const asks = location.includes('/interaction/');
      ({ location } = await this.open(asks ? `${location}?as=${as}` : location));
    }
    expect(location.startsWith(CALLBACK), `the provider leads to ${location}`).toBe(true);
    return location;
  }

  /** The whole way. */
  async signIn(as: PersonName | 'nobody', return_to?: string): Promise<string> {
    return (await this.open(await this.toCallback(as, return_to))).location;
  }

  get session(): string | undefined {
    return this.jarOf(new URL(PUBLIC_URL)).get('rampart_session');
  }

  get flow(): string | undefined {
    return this.jarOf(new URL(PUBLIC_URL)).get('rampart_sign_in');
  }

  set flow(value: string | undefined) {
    const jar = this.jarOf(new URL(PUBLIC_URL));
    if (value === undefined) jar.delete('rampart_sign_in');
    else jar.set('rampart_sign_in', value);
  }

  private jarOf({ host }: URL): Map<string, string> {
    const jar = this.cookies.get(host) ?? new Map<string, string>();
    this.cookies.set(host, jar);
    return jar;
  }
}

/** Another API process of the same installation. */
async function anotherProcess(
  changed: Partial<Config> = {},
): Promise<{ url: string; api: ApiProcess; close(): void }> {
  const { config, store, temporal, logger } = door.api;
  const api = await composeApi({ ...config, ...changed }, { store, temporal, logger });
  await api.refresher.refresh();
  api.server.listen(0, '127.0.0.1');
  await once(api.server, 'listening');
  return {
    url: `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`,
    api,
    close() {
      api.server.closeAllConnections();
      api.server.close();
    },
  };
}

/** A call with the session of a browser. */
async function as(
  { session }: Browser,
  method: string,
  path: string,
  more: { body?: unknown; headers?: Record<string, string> } = {},
) {
  const headers = { cookie: `rampart_session=${session}`, ...more.headers };
  return door.call(method, path, { key: null, ...more, headers });
}

describe('while the provider is away', () => {
  it('the API serves, and a sign-in says so; it works once the provider answers', async () => {
    expect((await door.call('get', '/v1/flags')).status).toBe(200);
    expect((await new Browser().open('/auth/oidc/start?return_to=/flags')).location).toBe(
      `${PUBLIC_URL}/flags?sign_in=away`,
    );
    const answer = await door.call('get', '/auth/oidc/start', { key: null });
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(answer.body['detail']).toContain('does not answer');
    provider = await IdentityProviderServer.start(issuer, CALLBACK);
    expect((await new Browser().open('/auth/oidc/start')).location).toContain(issuer);
  });
});

describe('a sign-in', () => {
  it('leads to the provider with code, PKCE, state and nonce; the browser keeps what they are checked with', async () => {
    const { status, location, response } = await new Browser().open('/auth/oidc/start');
    expect(status).toBe(303);
    const sent = Object.fromEntries(new URL(location).searchParams);
    expect(sent).toMatchObject({
      ...{ response_type: 'code', client_id: CLIENT_ID, redirect_uri: CALLBACK },
      ...{ scope: 'openid profile email', code_challenge_method: 'S256' },
    });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(sent[name]!.length).toBeGreaterThan(40);
    const [cookie] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^rampart_sign_in=[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(cookie).not.toContain(sent['state']);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('ends at the page that was asked for, as the person that the provider named, with the role written down', async () => {
    const browser = new Browser();
    expect(await browser.signIn('ada')).toBe(`${PUBLIC_URL}/flags?on=1`);
    expect(browser.flow).toBeUndefined();
    const { body } = await as(browser, 'get', '/v1/session');
    expect(body).toMatchObject({
      actor: {
        type: 'person',
        id: expect.stringMatching(/^person_[0-9a-f]{32}$/) as string,
        name: 'Ada Lovelace',
      },
      ...{ role: 'experimenter', environments: null, oidc: true },
    });
    const left = Date.parse(String(body['expires_at'])) - Date.now();
    expect(left).toBeLessThanOrEqual(12 * 3_600_000);
    const again = new Browser();
    await again.signIn('ada');
    expect((await as(again, 'get', '/v1/session')).body['actor']).toEqual(body['actor']);
  });

  it('gives no more than the rule: of one environment alone where it says so', async () => {
    const browser = new Browser();
    await browser.signIn('grace');
    const { body } = await as(browser, 'get', '/v1/session');
    expect(body).toMatchObject({ role: 'operator', environments: ['staging'] });
    expect((await as(browser, 'get', '/v1/audit')).status).toBe(403);
    expect((await as(browser, 'get', '/v1/people')).status).toBe(403);
  });

  it('changes things as sessions of keys do, and the audit trail names the person', async () => {
    const browser = new Browser();
    await browser.signIn('ada');
    const { csrf, actor } = (await as(browser, 'get', '/v1/session')).body as {
      csrf: string;
      actor: { id: string };
    };
    const put = (headers: Record<string, string>) =>
      as(browser, 'put', '/v1/segments/people', { body: { conditions: { plan: 'pro' } }, headers });
    expect((await put({ 'x-rampart-csrf': csrf })).status).toBe(403);
    expect((await put({ 'x-rampart-csrf': csrf, origin: PUBLIC_URL })).status).toBe(201);
    const audit = await door.call('get', `/v1/audit?actor=${actor.id}`);
    expect(audit.body['items']).toEqual([
      expect.objectContaining({ actor: { type: 'person', id: actor.id, name: 'Ada Lovelace' } }),
    ]);
  });

  it('of somebody without a role is refused, whatever address they gave themselves', async () => {
    const browser = new Browser();
    expect(await browser.signIn('mallory')).toBe(`${PUBLIC_URL}/flags?on=1&sign_in=no_role`);
    expect(browser.session).toBeUndefined();
    const program = new Browser('application/json');
    const { response } = await program.open(await program.toCallback('mallory'));
    expect(response.status).toBe(403);
    expect(((await response.json()) as { detail: string }).detail).toContain('RAMPART_OIDC_ROLES');
    expect(program.session).toBeUndefined();
  });

  it('that was cancelled at the provider is refused', async () => {
    const browser = new Browser();
    expect(await browser.signIn('nobody', '/')).toBe(`${PUBLIC_URL}/?sign_in=declined`);
    expect(browser.session).toBeUndefined();
  });
});

describe('a way back that does not fit its beginning', () => {
  const flows = new SignInFlows(SECRET, PUBLIC_URL);
  /** The same sign-in with something else in it, as the own cookie. */
  const changed = (browser: Browser, change: Partial<SignInFlow>, now?: number): string =>
    flows.begin({ ...flows.of(`rampart_sign_in=${browser.flow}`)!, ...change }, now).split(/[=;]/)[1]!;
  const other = 'x'.repeat(43);
  let stolen: string;
  let used: string;

  beforeAll(async () => {
    const victim = new Browser();
    stolen = await victim.toCallback('ada');
    const before = new Browser();
    used = await before.toCallback('ada');
    await before.open(used);
  });

  it.each<[string, string, (browser: Browser, address: URL) => void]>([
    ['another state', 'invalid', (_, { searchParams }) => searchParams.set('state', other)],
    ['no state', 'invalid', (_, { searchParams }) => searchParams.delete('state')],
    ['another issuer', 'invalid', (_, { searchParams }) => searchParams.set('iss', 'https://other.example')],
    ['no issuer', 'invalid', (_, { searchParams }) => searchParams.delete('iss')],
    ['no code', 'invalid', (_, { searchParams }) => searchParams.delete('code')],
    ['a code that nobody gave', 'invalid', (_, { searchParams }) => searchParams.set('code', other)],
    ['two codes', 'invalid', (_, { searchParams }) => searchParams.append('code', other)],
    [
      "somebody else's code",
      'invalid',
      (_, { searchParams }) => searchParams.set('code', new URL(stolen).searchParams.get('code')!),
    ],
    [
      'a code that was used',
      'invalid',
      (_, { searchParams }) => searchParams.set('code', new URL(used).searchParams.get('code')!),
    ],
    ['another nonce', 'invalid', (browser) => (browser.flow = changed(browser, { nonce: other }))],
    ['another verifier', 'invalid', (browser) => (browser.flow = changed(browser, { verifier: other }))],
    ['no cookie', 'expired', (browser) => (browser.flow = undefined)],
    ['a forged cookie', 'expired', (browser) => (browser.flow = `${browser.flow!.slice(0, -4)}AAAA`)],
    ['a cookie of a session', 'expired', (browser) => (browser.flow = sessionCookie())],
    ['too late', 'expired', (browser) => (browser.flow = changed(browser, {}, Date.now() - 601_000))],
  ])('%s: nobody is signed in', async (_, reason, change) => {
    const browser = new Browser();
    const address = new URL(await browser.toCallback('ada', '/library'));
    change(browser, address);
    const { location } = await browser.open(address.href);
    const page = reason === 'expired' ? '/' : '/library';
    expect(location).toBe(`${PUBLIC_URL}${page}?sign_in=${reason}`);
    expect(browser.session).toBeUndefined();
  });

  it('a second time: nobody is signed in again', async () => {
    const browser = new Browser();
    const address = await browser.toCallback('ada');
    const { flow } = browser;
    await browser.open(address);
    const thief = new Browser();
    thief.flow = flow;
    expect((await thief.open(address)).location).toContain('sign_in=invalid');
    expect(thief.session).toBeUndefined();
  });

  function sessionCookie(): string {
    return door.api.sessions.begin({ type: 'key', key_id: 'root' }).set_cookie.split(/[=;]/)[1]!;
  }
});

describe('the page to which a sign-in leads', () => {
  it.each(['/', '/flags', '/experiments/a/evidence?metric=x#top', '/?q=%2F%2Fhost'])('may be %s', (path) => {
    expect(ownPath(path)).toBe(path);
  });

  it.each([
    ...['https://evil.example/', '//evil.example', '/\\evil.example', '\\\\evil.example', '/\t/evil.example'],
    ...['/.//evil.example', '/x/..//evil.example', 'javascript:alert(1)', 'flags', '', '/auth/oidc/start'],
    ...['/v1/session', '/x/../v1/session'],
  ])('may not be %j', async (path) => {
    expect(ownPath(path)).toBeNull();
    const { location } = await new Browser().open(`/auth/oidc/start?return_to=${encodeURIComponent(path)}`);
    expect(location).toBe(`${PUBLIC_URL}/?sign_in=return_to`);
  });

  it('may not be longer than a cookie', () => {
    expect(ownPath(`/${'x'.repeat(2_000)}`)).toBeNull();
  });
});

describe('the sessions of a person', () => {
  let browser: Browser;
  let person_id: string;

  beforeEach(async () => {
    browser = new Browser();
    await browser.signIn('ada');
    const { actor } = (await as(browser, 'get', '/v1/session')).body as { actor: { id: string } };
    person_id = actor.id;
  });

  it('are ended by an admin, all at once, with what is open; a new sign-in is another', async () => {
    const phone = new Browser();
    await phone.signIn('ada');
    const stranger = new Browser();
    await stranger.signIn('grace');
    const live = await fetch(`${door.url}/v1/live`, {
      headers: { cookie: `rampart_session=${phone.session}` },
    });
    const { body } = await door.call('get', '/v1/people');
    expect(body['items']).toContainEqual(
      expect.objectContaining({ person_id, name: 'Ada Lovelace', subject: 'ada', role: 'experimenter' }),
    );
    expect((await door.call('delete', `/v1/people/${person_id}/sessions`)).status).toBe(204);
    for (const one of [browser, phone]) expect((await as(one, 'get', '/v1/flags')).status).toBe(401);
    expect((await as(stranger, 'get', '/v1/flags')).status).toBe(200);
    // It would go on for ever.
    await live.text();
    await browser.signIn('ada');
    expect((await as(browser, 'get', '/v1/flags')).status).toBe(200);
    const audit = await door.call('get', `/v1/audit?subject=${person_id}`);
    expect(audit.body['items']).toContainEqual(
      expect.objectContaining({
        action: 'person.end_sessions',
        actor: { type: 'person', id: 'root' },
      }),
    );
  });

  it('hold in a process that has not heard of them yet, and end there too', async () => {
    const other = await anotherProcess();
    const read = async (): Promise<number> =>
      (await fetch(`${other.url}/v1/flags`, { headers: { cookie: `rampart_session=${browser.session}` } }))
        .status;
    await door.call('delete', `/v1/people/${person_id}/sessions`);
    await browser.signIn('ada');
    expect(await read()).toBe(200);
    await other.api.refresher.refresh();
    expect(await read()).toBe(200);
    await door.call('delete', `/v1/people/${person_id}/sessions`);
    // As each process does every second.
    await other.api.refresher.refresh();
    expect(await read()).toBe(401);
    other.close();
  });

  it('of nobody cannot be ended', async () => {
    expect((await door.call('delete', '/v1/people/person_none/sessions')).status).toBe(404);
  });

  it('end with the rules that gave the role: another process has others, and takes none of them', () => {
    const { config, authenticator } = door.api;
    const request = { headers: { cookie: `rampart_session=${browser.session}` }, method: 'GET' };
    const under = (changed: Partial<typeof config>) => () => {
      const standing = { settings: signInSettings({ ...config, ...changed }), endedOf: () => 0 };
      return new Sessions(SECRET, authenticator, standing, PUBLIC_URL).of(request);
    };
    expect(under({})).not.toThrow();
    for (const changed of [
      { RAMPART_OIDC_ROLES: config.RAMPART_OIDC_ROLES!.slice(1) },
      { RAMPART_OIDC_ISSUER: 'https://other.example' },
      { RAMPART_OIDC_ISSUER: undefined },
    ])
      expect(under(changed)).toThrow('this session was ended, or roles have changed');
  });

  it('end by signing out', async () => {
    const { csrf } = (await as(browser, 'get', '/v1/session')).body as { csrf: string };
    const headers = { origin: PUBLIC_URL, 'x-rampart-csrf': csrf };
    expect((await as(browser, 'delete', '/v1/session', { headers })).status).toBe(204);
  });
});

describe('the log', () => {
  it('tells of sign-ins, of refusals with their reason, and nothing of what was sent', async () => {
    const from = log.length;
    const browser = new Browser();
    const address = new URL(await browser.toCallback('ada'));
    const cookie = browser.flow!;
    await browser.open(address.href);
    const refused = new Browser();
    await refused.signIn('mallory');
    const thief = new Browser();
    thief.flow = cookie;
    await thief.open(address.href);
    const lines = log.slice(from);
    const messages = [...lines.matchAll(/"msg":"([^"]+)"/g)].map(([, message]) => message);
    expect(messages).toEqual(['somebody signed in', 'a sign-in was refused', 'a sign-in was refused']);
    expect(lines).toContain('"reason":"no_role"');
    expect(lines).toContain('"code":"invalid_grant"');
    const { searchParams } = address;
    const secrets = [searchParams.get('code'), searchParams.get('state'), cookie, browser.session];
    for (const secret of [...secrets, 'mallory', 'ada@example.com', '"ada"', CLIENT_SECRET, ADMIN_KEY])
      expect(lines).not.toContain(secret);
  });
});

describe('under https, and with a limit', () => {
  it('the cookies keep to their host, and strangers are slowed down', async () => {
    const other = await anotherProcess({
      RAMPART_PUBLIC_URL: 'https://rampart.example.com',
      RAMPART_UNKNOWN_KEY_RATE_LIMIT: 1,
    });
    const start = () =>
      fetch(`${other.url}/auth/oidc/start`, { redirect: 'manual', headers: { accept: 'text/html' } });
    const { headers } = await start();
    expect(headers.get('set-cookie')).toMatch(/^__Host-rampart_sign_in=.*Path=\/; .*Secure$/);
    expect(headers.get('location')).toContain(encodeURIComponent('https://rampart.example.com/auth/oidc/'));
    const many = <T>(ask: () => Promise<T>) => Promise.all(Array.from({ length: 20 }, ask));
    const places = (await many(start)).map((answer) => answer.headers.get('location'));
    expect(places).toContain('/?sign_in=too_many');
    const answers = await many(() => fetch(`${other.url}/auth/oidc/callback`));
    const slowed = answers.find(({ status }) => status === 429);
    expect(slowed?.headers.get('retry-after')).toBe('1');
    other.close();
  });
});
