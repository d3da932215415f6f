import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, Door } from './door.js';

let door: Door;

beforeAll(async () => {
  door = await Door.open();
});

afterAll(async () => {
  await door.close();
});

interface Signed {
  cookie: string;
  csrf: string;
  set_cookie: string;
}

async function signIn(key: string): Promise<Response> {
  return fetch(`${door.url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key }),
  });
}

async function signedIn(key = ADMIN_KEY): Promise<Signed> {
  const response = await signIn(key);
  expect(response.status).toBe(200);
  const set_cookie = response.headers.get('set-cookie')!;
  const { csrf } = (await response.json()) as { csrf: string };
  return { cookie: set_cookie.split(';')[0]!, csrf, set_cookie };
}

function call(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: object,
): Promise<Response> {
  return fetch(`${door.url}${path}`, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** A harmless change. */
const SEGMENT = ['PUT', '/v1/segments/people', { conditions: { plan: 'pro' } }] as const;

describe('a sign-in', () => {
  it('sets a cookie that scripts cannot read, and tells who one is and what one may do', async () => {
    const response = await signIn(ADMIN_KEY);
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toMatchObject({ role: 'admin', actor: { type: 'key', id: 'root' }, environments: null });
    expect(body['may']).toContain('administer');
    const cookie = response.headers.get('set-cookie')!;
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Lax/);
    expect(cookie).not.toContain(ADMIN_KEY);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('with a wrong key is refused, without a cookie', async () => {
    const response = await signIn('a-key-that-nobody-has');
    expect(response.status).toBe(401);
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  it.each(['client', 'server'] as const)('with a %s key is refused: those are for services', async (role) => {
    const response = await signIn(await door.key({ role }));
    expect(response.status).toBe(403);
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  it('under https keeps its cookie to that host, encrypted', async () => {
    const other = await Door.open({ RAMPART_PUBLIC_URL: 'https://rampart.example.com' });
    const response = await fetch(`${other.url}/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key: ADMIN_KEY }),
    });
    expect(response.headers.get('set-cookie')).toMatch(/^__Host-rampart_session=.*Path=\/; .*Secure/);
    await other.close();
  });
});

describe('a session', () => {
  it('reads with its cookie alone', async () => {
    const { cookie } = await signedIn();
    expect((await call('GET', '/v1/flags', { cookie })).status).toBe(200);
  });

  it('changes with its own origin and its csrf value, and neither without the other', async () => {
    const { cookie, csrf } = await signedIn();
    const [method, path, body] = SEGMENT;
    const origin = door.url;
    const tries: [Record<string, string>, number][] = [
      [{ cookie }, 403],
      [{ cookie, origin }, 403],
      [{ cookie, 'x-rampart-csrf': csrf }, 403],
      [{ cookie, origin: 'http://elsewhere.example', 'x-rampart-csrf': csrf }, 403],
      [{ cookie, origin: 'null', 'x-rampart-csrf': csrf }, 403],
      [{ cookie, origin, 'x-rampart-csrf': `${csrf}x` }, 403],
      [{ cookie, origin, 'x-rampart-csrf': csrf }, 201],
    ];
    for (const [headers, status] of tries)
      expect([headers, (await call(method, path, headers, body)).status]).toEqual([headers, status]);
  });

  it('makes no serving calls', async () => {
    const { cookie, csrf } = await signedIn();
    const headers = { cookie, origin: door.url, 'x-rampart-csrf': csrf };
    expect((await call('POST', '/ofrep/v1/evaluate/flags', headers, { context: {} })).status).toBe(401);
    expect((await call('POST', '/v1/events', headers, { events: [] })).status).toBe(401);
  });

  it('that is forged, or of another installation, is none', async () => {
    const { cookie } = await signedIn();
    expect((await call('GET', '/v1/flags', { cookie: `${cookie.slice(0, -4)}AAAA` })).status).toBe(401);
    const other = await Door.open({ RAMPART_SECRET: 'another secret that is long enough for it' });
    const answer = await fetch(`${other.url}/v1/flags`, { headers: { cookie } });
    expect(answer.status).toBe(401);
    await other.close();
  });

  it('ends with its key', async () => {
    const key = await door.key({ role: 'viewer' });
    const { cookie } = await signedIn(key);
    expect((await call('GET', '/v1/flags', { cookie })).status).toBe(200);
    const { actor } = (await (await call('GET', '/v1/session', { cookie })).json()) as {
      actor: { id: string };
    };
    await call('DELETE', `/v1/keys/${actor.id}`, { authorization: `Bearer ${ADMIN_KEY}` });
    await door.api.refresher.refresh();
    expect((await call('GET', '/v1/flags', { cookie })).status).toBe(401);
  });

  it('has the role of its key', async () => {
    const { cookie, csrf } = await signedIn(await door.key({ role: 'viewer' }));
    const [method, path, body] = SEGMENT;
    const headers = { cookie, origin: door.url, 'x-rampart-csrf': csrf };
    expect((await call(method, path, headers, body)).status).toBe(403);
  });

  it('ends by signing out', async () => {
    const { cookie, csrf } = await signedIn();
    const answer = await call('DELETE', '/v1/session', { cookie, origin: door.url, 'x-rampart-csrf': csrf });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toMatch(/Max-Age=0/);
  });

  it('gives way to a key that is sent beside it', async () => {
    const { cookie } = await signedIn();
    const authorization = `Bearer ${await door.key({ role: 'viewer' })}`;
    const answer = await call('GET', '/v1/session', { cookie, authorization });
    expect(await answer.json()).toMatchObject({ role: 'viewer', csrf: null });
  });
});

describe('without an identity provider', () => {
  it.each(['/auth/oidc/start', '/auth/oidc/callback?code=x'])(
    '%s says so, and pages offer none',
    async (path) => {
      const answer = await fetch(door.url + path, { headers: { accept: 'text/html' }, redirect: 'manual' });
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain('RAMPART_OIDC_ISSUER is not set');
      const { cookie } = await signedIn();
      expect(await (await call('GET', '/v1/session', { cookie })).json()).toMatchObject({ oidc: false });
      const page = await (await fetch(door.url, { headers: { accept: 'text/html' } })).text();
      expect(page).toContain('<meta name="single-sign-on" content="" />');
    },
  );
});

describe('the dashboard', () => {
  it('is one page for every path that a browser opens, with a policy that runs nothing but its own', async () => {
    for (const path of ['/', '/experiments/some_id/overview', '/flags']) {
      const answer = await fetch(`${door.url}${path}`, { headers: { accept: 'text/html' } });
      expect([path, answer.status]).toEqual([path, 200]);
      const policy = answer.headers.get('content-security-policy')!;
      expect(policy).toMatch(/default-src 'none'; script-src 'self'/);
      const nonce = /'nonce-([^']+)'/.exec(policy)![1]!;
      expect(await answer.text()).toContain(nonce);
    }
  });

  it('takes no path from the API', async () => {
    for (const path of ['/v1/nothing', '/ofrep/nothing', '/assets/nothing.js']) {
      const answer = await fetch(`${door.url}${path}`, { headers: { accept: 'text/html' } });
      expect([path, answer.status]).toEqual([path, 404]);
    }
  });
});

describe('the live feed', () => {
  /** The next messages of a stream, as far as they are wanted. */
  async function messages(headers: Record<string, string>, wanted: number, meanwhile: () => Promise<void>) {
    const abort = new AbortController();
    const response = await fetch(`${door.url}/v1/live`, { headers, signal: abort.signal });
    expect(response.status).toBe(200);
    const found: { type: string; id: string }[] = [];
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    await door.api.changes.round();
    await meanwhile();
    await door.api.changes.round();
    while (found.length < wanted) {
      const { value, done } = await reader.read();
      if (done) break;
      for (const [, json] of value.matchAll(/data: (.*)\n/g))
        found.push(JSON.parse(json!) as { type: string; id: string });
    }
    abort.abort();
    return found;
  }

  it('tells a session what was changed, whoever changed it', async () => {
    const { cookie } = await signedIn();
    const authorization = `Bearer ${ADMIN_KEY}`;
    const found = await messages({ cookie }, 2, async () => {
      await call('PUT', '/v1/segments/live_one', { authorization }, { conditions: { plan: 'pro' } });
    });
    expect(found[0]).toMatchObject({ type: 'reset' });
    expect(found).toContainEqual(expect.objectContaining({ type: 'definition', id: 'live_one' }));
  });

  it('names nothing of other environments', async () => {
    const authorization = `Bearer ${ADMIN_KEY}`;
    const limited = `Bearer ${await door.key({ role: 'viewer', environments: ['staging'] })}`;
    const found = await messages({ authorization: limited }, 2, async () => {
      await call('PUT', '/v1/segments/live_two', { authorization }, { conditions: { plan: 'pro' } });
    });
    expect(found).toContainEqual(expect.objectContaining({ type: 'definition', id: '' }));
  });

  it('needs a key or a session', async () => {
    expect((await fetch(`${door.url}/v1/live`)).status).toBe(401);
    const authorization = `Bearer ${await door.key({ role: 'client' })}`;
    expect((await fetch(`${door.url}/v1/live`, { headers: { authorization } })).status).toBe(403);
  });
});
