// Evaluations per second of CPU time in one process, ours and other libraries', at the same work.
// `npm run bench:evaluate`
import { fork, type ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from './figures.js';
import { build, ROOT, type Built } from './peers/build.js';
import type { Ready, Run } from './peers/measure.js';
import { CASES, type Case } from './peers/peer.js';

/** Libraries take turns, so that other work on the machine affects all of them. */
const ROUNDS = 5;

interface Library {
  name: string;
  /** Name of its file in `peers/`. */
  file: string;
  package?: string;
}

/** Tables of comparable libraries. The first of a table is what the others are compared with. */
const TABLES: Record<string, readonly Library[]> = {
  'by the cheapest call of each': [
    { name: 'Rampart', file: 'rampart' },
    { name: 'flagd-core', file: 'flagd', package: '@openfeature/flagd-core' },
    { name: 'GrowthBook', file: 'growthbook', package: '@growthbook/growthbook' },
    { name: 'Unleash', file: 'unleash', package: 'unleash-client' },
    { name: 'LaunchDarkly', file: 'launchdarkly', package: '@launchdarkly/node-server-sdk' },
    { name: 'a bare hash', file: 'hash' },
  ],
  "through OpenFeature's client": [
    { name: 'Rampart', file: 'rampart-openfeature' },
    { name: 'flagd-core', file: 'flagd-openfeature', package: '@openfeature/flagd-core' },
    { name: 'a bare hash', file: 'hash-openfeature' },
  ],
};

interface Figures {
  call: string;
  /** Evaluations per second of CPU time in each round, by case. */
  rates: Map<Case, number[]>;
}

/** A child's next message. Rejects if the child ends, which says why on standard error. */
function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the process ended'));
    child.once('exit', ended);
    child.once('message', (sent) => {
      child.off('exit', ended);
      resolve(sent as T);
    });
  });
}

/** Measures all libraries at one case: each in a fresh process, warmed up, then one second at a time, in turns. */
async function measure(which: Case, built: Built, figures: ReadonlyMap<Library, Figures>): Promise<void> {
  const children = new Map<Library, ChildProcess>();
  try {
    for (const [library, { rates }] of figures) {
      const child = fork(built.path('bench/peers/measure.ts'), [library.file, which], {
        cwd: ROOT,
        // Outside of production, GrowthBook and others log for developers.
        env: { ...process.env, NODE_ENV: 'production' },
      });
      children.set(library, child);
      try {
        const { call } = await message<Ready>(child);
        if (call === null) child.disconnect();
        else {
          figures.get(library)!.call = call;
          rates.set(which, []);
        }
      } catch {
        console.error(`${library.name} (${library.file}) cannot be measured at ${which}: see above`);
        process.exitCode = 1;
      }
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [library, { rates }] of figures) {
        const known = rates.get(which);
        if (!known) continue;
        const child = children.get(library)!;
        child.send('run');
        known.push((await message<Run>(child)).rate);
      }
    }
  } finally {
    for (const child of children.values()) if (child.connected) child.disconnect();
  }
}

function rateOf({ rates }: Figures, which: Case): number | null {
  const known = rates.get(which);
  return known ? median(known) : null;
}

/** The greatest difference between the runs of a library at a case: (largest − smallest) ÷ median. */
function spreadOf({ rates }: Figures): number {
  return Math.max(
    0,
    ...[...rates.values()].map((known) => (Math.max(...known) - Math.min(...known)) / median(known)),
  );
}

async function nameOf({ name, package: id }: Library): Promise<string> {
  if (!id) return name;
  const text = await readFile(join(ROOT, 'node_modules', id, 'package.json'), 'utf8');
  return `${name} ${(JSON.parse(text) as { version: string }).version}`;
}

async function print(
  title: string,
  libraries: readonly Library[],
  figures: ReadonlyMap<Library, Figures>,
): Promise<void> {
  const first = figures.get(libraries[0]!)!;
  const header = ['library', ...CASES.flatMap((name) => [`${name} M/s`, '× Rampart']), 'spread', 'call'];
  console.log(
    `\nMillions of evaluations per second of CPU time, ${title}; median of ${ROUNDS} runs of a second:\n`,
  );
  console.log(`| ${header.join(' | ')} |`);
  console.log(`|${' --- |'.repeat(header.length)}`);
  for (const library of libraries) {
    const own = figures.get(library)!;
    const cells = CASES.flatMap((which) => {
      const [rate, base] = [rateOf(own, which), rateOf(first, which)];
      return [
        rate === null ? '–' : (rate / 1e6).toPrecision(3),
        rate === null || base === null ? '–' : (rate / base).toFixed(2),
      ];
    });
    const spread = `${(spreadOf(own) * 100).toFixed(0)} %`;
    console.log(`| ${[await nameOf(library), ...cells, spread, own.call].join(' | ')} |`);
  }
}

const peers = (await readdir(join(ROOT, 'bench', 'peers'))).map((file) => `bench/peers/${file}`);
const built = await build(peers);
try {
  const figures = new Map<Library, Figures>(
    Object.values(TABLES)
      .flat()
      .map((library) => [library, { call: '–', rates: new Map<Case, number[]>() }]),
  );
  for (const which of CASES) await measure(which, built, figures);
  for (const [title, libraries] of Object.entries(TABLES)) await print(title, libraries, figures);
} finally {
  await built.remove();
}
