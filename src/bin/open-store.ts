import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.js';
import { RampartError } from '../errors.js';
import type { Logger } from '../logger.js';
import { fingerprint } from '../secrets/derive.js';
import { isAway as isMongoAway } from '../store/absence.js';
import { assertAtomicWrites } from '../store/atomicity.js';
import { Database } from '../store/database.js';
import { takesSecret } from '../store/installation.js';
import { openStore, type Store } from '../store/store.js';
import { firstLine, StartError } from '../start-error.js';

const RETRY_MS = 1_000;

/**
 * Opens the store that the settings name. While MongoDB does not answer, it waits, and says so once.
 *
 * @throws {StartError} where a setting is wrong: the address, or the secret
 */
export function openStoreOf(config: Config, logger: Waiting): Promise<Store> {
  const uri = config.MONGODB_URI!;
  return whenThere(() => openFitting(uri, config), mongoAway(uri), logger).catch((error: unknown) => {
    throw asStartError(error);
  });
}

/** A connection to MongoDB. @throws {StartError} where it does not answer, or the address is wrong */
export function connectTo(uri: string, database: string): Promise<Database> {
  return Database.connect(uri, database).catch((error: unknown) => {
    throw isAway(error) ? new StartError(mongoAway(uri)) : asStartError(error);
  });
}

async function openFitting(
  uri: string,
  { MONGODB_DATABASE: name, RAMPART_SECRET: secret, RAMPART_PARTITIONS: partitions }: Config,
): Promise<Store> {
  const store = await openStore(uri, name, { secret, partitions });
  try {
    await assertAtomicWrites(store.database);
    await assertSecretFits(store.database, name, secret);
    return store;
  } catch (error) {
    await store.database.close();
    throw error;
  }
}

async function assertSecretFits(database: Database, name: string, secret: string): Promise<void> {
  if (await takesSecret(database, fingerprint(secret))) return;
  throw new StartError(
    `RAMPART_SECRET is not the secret that the database ${name} was begun with, and every unit would be counted again: ` +
      'set that secret (`serve` keeps its own in RAMPART_DATA_DIR/secret), or name another MONGODB_DATABASE',
  );
}

/** For `serve`, before its children say the same twice. @throws {StartError} where the secret does not fit */
export async function assertServable(
  uri: string,
  { MONGODB_DATABASE: name, RAMPART_SECRET: secret }: Config,
): Promise<void> {
  const database = await connectTo(uri, name);
  await assertSecretFits(database, name, secret).finally(() => database.close());
}

type Waiting = Pick<Logger, 'warn' | 'info'>;

/** Tries until the server is there. */
export async function whenThere<T>(open: () => Promise<T>, away: string, logger: Waiting): Promise<T> {
  for (let isWaiting = false; ; isWaiting = true) {
    try {
      const opened = await open();
      if (isWaiting) logger.info('it answers');
      return opened;
    } catch (error) {
      if (!isAway(error)) throw error;
      if (!isWaiting) logger.warn(`${away}; waiting for it`);
      await sleep(RETRY_MS);
    }
  }
}

/** gRPC's codes for a server that is away, or takes too long: DEADLINE_EXCEEDED, UNAVAILABLE. */
const AWAY_CODES: readonly unknown[] = [4, 14];

/** Whether a server is to blame that does not answer, or something that came of it. */
export function isAway(error: unknown): boolean {
  if (error instanceof RampartError) return error.code === 'unavailable';
  if (!(error instanceof Error)) return false;
  // A failover during the start is an absence, too.
  if (isMongoAway(error) || error.name === 'TransportError') return true;
  if ('code' in error && AWAY_CODES.includes(error.code)) return true;
  return error.message.startsWith('Failed to connect before the deadline') || isAway(error.cause);
}

/** MongoDB's codes for a user that it does not know, or that may not: Unauthorized, AuthenticationFailed. */
const REFUSED_CODES: readonly unknown[] = [13, 18];

/** What a person can do about an error of the driver; any other error as it is. */
export function asStartError(error: unknown): unknown {
  if (error instanceof Error && 'code' in error && REFUSED_CODES.includes(error.code))
    return new StartError(
      `MONGODB_URI: MongoDB refuses the user (${firstLine(error)}): correct its name, password and rights`,
    );
  // A name of `mongodb+srv` is looked up while the address is read.
  const isAddress =
    error instanceof Error &&
    (/^Mongo(?:Parse|InvalidArgument|APIError|Missing|Runtime)/.test(error.name) ||
      error.message.startsWith('query'));
  if (!isAddress) return error;
  const example = 'set it to an address such as mongodb://127.0.0.1:27017';
  return new StartError(`MONGODB_URI is not an address of MongoDB (${firstLine(error)}): ${example}`);
}

/** The address may have a password, so only the hosts are shown. */
export function mongoAway(uri: string): string {
  const [, hosts = 'MONGODB_URI'] = /^mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?([^/?]*)/.exec(uri) ?? [];
  return `MongoDB at ${hosts} does not answer: start it, or correct MONGODB_URI`;
}

export function temporalAway(address: string): string {
  return `Temporal at ${address} does not answer: start it, or correct TEMPORAL_ADDRESS`;
}
