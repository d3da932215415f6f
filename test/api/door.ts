import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { hashKey, newKey } from '../../api/auth.js';
import type { Route } from '../../api/route.js';
import { managementRoutes } from '../../api/server.js';
import { composeApi, type ApiProcess } from '../../src/bin/compose-api.js';
import { parseConfig } from '../../src/config.js';
import { createLogger, type Logger } from '../../src/logger.js';
import type { KeyInput } from '../../src/model/key.js';
import { startMongo } from '../../src/servers/mongodb.js';

export const ADMIN_KEY = 'an-admin-key-for-tests';
export const SECRET = 'a secret of tests that is long enough';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
}

/** The API in this process, on a MongoDB of its own and without a Temporal. */
export class Door {
  private constructor(
    readonly api: ApiProcess,
    readonly routes: readonly Route[],
    private readonly closing: () => Promise<void>,
  ) {}

  static async open(
    environment: Record<string, string> = {},
    logger: Logger = createLogger('silent'),
  ): Promise<Door> {
    const dataDir = await mkdtemp(join(tmpdir(), 'rampart-door-'));
    const mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log: () => undefined });
    const config = parseConfig({
      RAMPART_ADMIN_KEY: ADMIN_KEY,
      RAMPART_SECRET: SECRET,
      RAMPART_MANAGEMENT_RATE_LIMIT: '0',
      RAMPART_UNKNOWN_KEY_RATE_LIMIT: '0',
      MONGODB_URI: mongo.address,
      MONGODB_DATABASE: `door_${process.pid}_${Date.now()}`,
      ...environment,
    });
    const temporal = {
      workflowService: { getSystemInfo: () => Promise.reject(new Error('unreachable')) },
    } as unknown as Client;
    const api = await composeApi(config, { temporal, logger });
    await api.refresher.refresh();
    // Longer than a slow machine takes between two calls of a test: a connection that closes may lose the next one.
    api.server.keepAliveTimeout = 65_000;
    api.server.listen(0, '127.0.0.1');
    await once(api.server, 'listening');
    return new Door(api, managementRoutes(api), async () => {
      api.server.closeAllConnections();
      api.server.close();
      api.streams.close();
      await api.store.database.close();
      await mongo.stop();
      await rm(dataDir, { recursive: true, force: true });
    });
  }

  get port(): number {
    return (this.api.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  close(): Promise<void> {
    return this.closing();
  }

  /** Makes a key, which works at once. */
  async key(input: Omit<KeyInput, 'name'>): Promise<string> {
    const { key_id, key } = newKey();
    const created_at = new Date().toISOString();
    const { store, refresher } = this.api;
    await store.keys.put({
      _id: key_id,
      name: key_id,
      ...input,
      hash: hashKey(key),
      created_at,
      created_by: 'root',
    });
    await store.serving.changed(`key:${key_id}`);
    await refresher.refresh();
    return key;
  }

  /** @param body an object, or the text of a body as it is; null for the key sends none */
  async call(
    method: string,
    path: string,
    {
      body,
      key = ADMIN_KEY,
      headers = {},
    }: { body?: unknown; key?: string | null; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method: method.toUpperCase(),
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return {
      status: response.status,
      body: (isJson ? JSON.parse(text) : {}) as Answer['body'],
      headers: response.headers,
    };
  }
}

/** A route's path with the parameters filled in. */
export function filled(path: string, parameters: Record<string, string>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? 'none'));
}
