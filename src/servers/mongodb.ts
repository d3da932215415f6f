import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.js';
import { cacheFolder, findProgram, run } from './programs.js';
import type { Log, Server } from './server.js';
import { Supervised } from './supervised.js';

const JAVA_SERVER_VERSION = '1.47.0';
const SOURCES = fileURLToPath(new URL('mongo-java', import.meta.url));

export interface MongoOptions {
  /** Address of a server that runs already; then none is started. */
  uri?: string | undefined;
  dataDir: string;
  log: Log;
}

/**
 * A MongoDB: the one at `uri`; else `mongod` on the PATH; else a download of it; else a server in Java that speaks
 * MongoDB's protocol. One that was started here is started again on the same port when it dies.
 */
export async function startMongo(options: MongoOptions): Promise<Server> {
  if (options.uri !== undefined) {
    return {
      address: options.uri,
      chosen: 'MongoDB: MONGODB_URI',
      pids: () => [],
      stop: () => Promise.resolve(),
    };
  }
  const mongod = (await findProgram('mongod')) ?? (await download(options.log));
  return mongod === null ? startJavaServer(options) : startMongod(mongod, options);
}

async function startMongod(program: string, { dataDir, log }: MongoOptions): Promise<Server> {
  const folder = join(dataDir, 'mongod');
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const args = ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1', '--quiet'];
  return serverOf(new Supervised('mongod', program, args, log), port, `MongoDB: ${program}`);
}

/** A mongod that mongodb-memory-server-core downloads; null if its host is unreachable. */
async function download(log: Log): Promise<string | null> {
  const folder = cacheFolder('mongod');
  const refused = join(folder, '.unreachable');
  if ((await readFile(refused, 'utf8').catch(() => '')) === today()) return null;
  log('MongoDB: no mongod on the PATH, trying to download one');
  try {
    const { MongoBinary } = await import('mongodb-memory-server-core');
    return await MongoBinary.getPath({ downloadDir: folder });
  } catch {
    // Not tried again before tomorrow: an attempt costs every start some time.
    await mkdir(folder, { recursive: true });
    await writeFile(refused, today());
    return null;
  }
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** More than a machine's processes have connections under way at once, those that only watch whether it answers included. */
const CONNECTION_THREADS = 64;

async function startJavaServer({ dataDir, log }: MongoOptions): Promise<Server> {
  const java = await findProgram('java');
  if (java === null) {
    throw new Error(
      'no MongoDB: set MONGODB_URI, put mongod on the PATH, or install Maven and Java 11 or later for the embedded server',
    );
  }
  const folder = await javaServer(log);
  await mkdir(dataDir, { recursive: true });
  const port = await freePort();
  const args = [
    '-Xmx1280m',
    // Connections share these threads, and one waits for the whole command of another. By default there are two for a core.
    `-Dio.netty.eventLoopThreads=${CONNECTION_THREADS}`,
    '-cp',
    `${folder}:${folder}/*`,
    'EmbeddedMongo',
    String(port),
    join(dataDir, 'mongo.h2'),
  ];
  return serverOf(
    new Supervised('MongoDB', java, args, log),
    port,
    'MongoDB: the embedded Java server (for one machine)',
  );
}

/** The folder of the Java server's jars and our compiled classes, which is made once for each version of them. */
async function javaServer(log: Log): Promise<string> {
  const sources = (await readdir(SOURCES)).filter((name) => name.endsWith('.java')).sort();
  const paths = sources.map((name) => join(SOURCES, name));
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
  const version = createHash('sha256').update(texts.join()).digest('hex').slice(0, 8);
  const folder = cacheFolder(`mongo-java-server-${JAVA_SERVER_VERSION}-${version}`);
  if ((await readdir(folder).catch((): string[] => [])).includes('EmbeddedMongo.class')) return folder;
  const maven = await findProgram('mvn');
  if (maven === null)
    throw new Error('no MongoDB: the embedded server needs Maven (mvn) once, to fetch its jars');
  log('MongoDB: fetching the embedded Java server (6 MB, once)');
  const work = `${folder}.${process.pid}`;
  await mkdir(work, { recursive: true });
  await writeFile(join(work, 'pom.xml'), pom());
  await run(maven, [
    '-q',
    '-f',
    join(work, 'pom.xml'),
    'dependency:copy-dependencies',
    `-DoutputDirectory=${work}`,
  ]);
  await run('javac', ['--release', '11', '-cp', `${work}/*`, '-d', work, ...paths]);
  // A rename is atomic: two processes may do this at once.
  await rename(work, folder).catch(() => rm(work, { recursive: true, force: true }));
  return folder;
}

function pom(): string {
  const dependency = (artifact: string): string =>
    `<dependency><groupId>de.bwaldvogel</groupId><artifactId>${artifact}</artifactId>` +
    `<version>${JAVA_SERVER_VERSION}</version></dependency>`;
  return (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>' +
    '<groupId>rampart</groupId><artifactId>embedded-mongo</artifactId><version>1</version><dependencies>' +
    `${dependency('mongo-java-server')}${dependency('mongo-java-server-h2-backend')}</dependencies></project>`
  );
}

async function serverOf(child: Supervised, port: number, name: string): Promise<Server> {
  await child.ready(() => accepts(port), 30_000);
  return {
    address: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    chosen: `${name} on port ${port}; set MONGODB_URI for another`,
    pids: () => child.pid(),
    stop: () => child.stop(),
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (isAccepted: boolean): void => {
      socket.destroy();
      resolve(isAccepted);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
