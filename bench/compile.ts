// What a snapshot costs: its bytes, its memory, and the CPU time to compile it, as a whole and after one change.
// `npm run bench:compile`
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { RulesetDocument } from '../src/assignment/document.js';
import { Ruleset } from '../src/assignment/ruleset.js';
import { flagSchema, type FlagInput } from '../src/model/flag.js';
import { markDigest } from '../src/secrets/pseudonym.js';
import { DocumentMaker, type Definitions } from '../src/serving/document.js';
import { median } from './figures.js';
import { build } from './peers/build.js';

const SIZES = [1_000, 10_000];
const RUNS = 9;

interface Figures {
  /** Size of the snapshot as JSON. */
  bytes: number;
  /** CPU time of JSON.parse, ms. All times here are CPU time. */
  parse: number;
  whole: { document: number; ruleset: number };
  changed: { document: number; ruleset: number };
  /** Bytes of heap: of the parsed document, and of the ruleset in addition to it. */
  heap: { document: number; ruleset: number };
}

/** A flag with one rule of two conditions. Even ones are boolean at 50 %, odd ones have three variants. */
function flagOf(n: number): FlagInput {
  const [country, plan] = [['DE', 'FR', 'GB', 'US'][n % 4]!, `plan-${n % 50}`];
  const conditions = { country, plan: { $in: [plan, 'enterprise'] } };
  if (n % 2 === 0) {
    return {
      flag_id: `flag-${n}`,
      enabled: true,
      rollout_percentage: 50,
      rules: [{ conditions, value: true }],
    };
  }
  return {
    flag_id: `flag-${n}`,
    rules: [{ conditions, value: 'control' }],
    variants: {
      control: { weight: 34, config: { page_size: 10, ranking: `ranking-${n}` } },
      small: { weight: 33, config: { page_size: 5, ranking: `ranking-${n}-small` } },
      large: { weight: 33, config: { page_size: 20, ranking: `ranking-${n}-large` } },
    },
  };
}

function definitionsOf(size: number): Definitions & { flags: Map<string, StoredFlag> } {
  return {
    flags: new Map(Array.from({ length: size }, (_, n) => [`flag-${n}`, stored(flagOf(n), 1)])),
    segments: new Map(),
    experiments: new Map(),
    fences: [],
    opted_out: new Set(),
  };
}

type StoredFlag = Definitions['flags'] extends ReadonlyMap<string, infer Stored> ? Stored : never;

function stored(flag: FlagInput, revision: number): StoredFlag {
  return { definition: flagSchema.parse(flag), revision };
}

function newMaker(): DocumentMaker {
  return new DocumentMaker({ environment: 'production', stale_after_ms: 600_000, salt: 'salt' });
}

function compiled(document: RulesetDocument, previous: Ruleset | null, size: number): Ruleset {
  const ruleset = new Ruleset(document, { digest: markDigest, previous });
  if (ruleset.broken.length > 0 || ruleset.flags.size !== size) throw new Error('flags are missing');
  return ruleset;
}

/** The result of a call, and its CPU time in ms, which other work on the machine affects less than wall-clock time. */
function timed<T>(call: () => T): [T, number] {
  const began = process.cpuUsage();
  const made = call();
  const { user, system } = process.cpuUsage(began);
  return [made, (user + system) / 1_000];
}

/** The median of each figure of a run, over RUNS runs after a warm-up. */
function medians(run: () => number[]): number[] {
  for (let n = 0; n < RUNS / 2; n += 1) run();
  const rows = Array.from({ length: RUNS }, () => {
    gc!();
    return run();
  });
  return rows[0]!.map((_, column) => median(rows.map((row) => row[column]!)));
}

function figuresOf(size: number): Figures {
  const definitions = definitionsOf(size);
  const text = JSON.stringify(newMaker().make(1, definitions));

  let revision = 1;
  const maker = newMaker();
  let ruleset = compiled(maker.make(revision, definitions), null, size);
  const [document, wholeRuleset, changedDocument, changedRuleset, parse] = medians(() => {
    const [fresh, documentMs] = timed(() => newMaker().make(1, definitions));
    const [, rulesetMs] = timed(() => compiled(fresh, null, size));
    revision += 1;
    const key = `flag-${revision % size}`;
    definitions.flags.set(key, stored(flagOf(revision % size), revision));
    const [next, changedDocumentMs] = timed(() => maker.make(revision, definitions));
    const before = ruleset;
    const [compiledNext, changedRulesetMs] = timed(() => compiled(next, before, size));
    const kept = [...before.flags].filter(([id, flag]) => compiledNext.flags.get(id) === flag).length;
    if (kept !== size - 1) throw new Error(`${size - kept} flags were compiled where one had changed`);
    ruleset = compiledNext;
    const [, parseMs] = timed(() => JSON.parse(text) as unknown);
    return [documentMs, rulesetMs, changedDocumentMs, changedRulesetMs, parseMs];
  }) as [number, number, number, number, number];
  return {
    bytes: Buffer.byteLength(text),
    parse,
    whole: { document, ruleset: wholeRuleset },
    changed: { document: changedDocument, ruleset: changedRuleset },
    heap: heapOf(text, size),
  };
}

/** A service holds a snapshot parsed and compiled. The median of three rounds. */
function heapOf(text: string, size: number): Figures['heap'] {
  // Everything is held until the end: nothing of one round may be collected while another is measured.
  const held: object[] = [];
  const rows = [1, 2, 3].map(() => {
    const before = heapUsed();
    const parsed = JSON.parse(text) as RulesetDocument;
    held.push(parsed);
    const withDocument = heapUsed();
    held.push(compiled(parsed, null, size));
    return { document: withDocument - before, ruleset: heapUsed() - withDocument };
  });
  if (held.length !== 2 * rows.length) throw new Error('something was collected');
  return {
    document: median(rows.map(({ document }) => document)),
    ruleset: median(rows.map(({ ruleset }) => ruleset)),
  };
}

/** Bytes of heap after a collection. */
function heapUsed(): number {
  gc!();
  gc!();
  return process.memoryUsage().heapUsed;
}

async function inChild(path: string, size: number): Promise<Figures> {
  const child = fork(path, [String(size)], { execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the process of ${size} flags ended with ${String(code)}`);
  });
  const [figures] = (await Promise.race([once(child, 'message'), ended])) as [Figures];
  ended.catch(() => undefined);
  child.disconnect();
  return figures;
}

function print(all: ReadonlyMap<number, Figures>): void {
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  const kib = (bytes: number): string => `${Math.round(bytes / 1024).toLocaleString('en')} KiB`;
  const rows: [string, (figures: Figures, size: number) => string][] = [
    ['snapshot as JSON', ({ bytes }) => kib(bytes)],
    ['JSON.parse of it', ({ parse }) => ms(parse)],
    ['document, from nothing', ({ whole }) => ms(whole.document)],
    ['ruleset, from nothing', ({ whole }) => ms(whole.ruleset)],
    ['document, one flag changed', ({ changed }) => ms(changed.document)],
    ['ruleset, one flag changed', ({ changed }) => ms(changed.ruleset)],
    ['heap per 1,000 flags: parsed document', ({ heap }, size) => kib((heap.document * 1_000) / size)],
    ['heap per 1,000 flags: ruleset in addition', ({ heap }, size) => kib((heap.ruleset * 1_000) / size)],
    ['heap per 1,000 flags: both', ({ heap }, size) => kib(((heap.document + heap.ruleset) * 1_000) / size)],
  ];
  console.log(`| | ${[...all.keys()].map((size) => `${size.toLocaleString('en')} flags`).join(' | ')} |`);
  console.log(`|${' --- |'.repeat(all.size + 1)}`);
  for (const [name, cell] of rows) {
    console.log(`| ${name} | ${[...all].map(([size, figures]) => cell(figures, size)).join(' | ')} |`);
  }
}

if (process.send) {
  process.send(figuresOf(Number(process.argv[2])));
} else {
  const built = await build(['bench/compile.ts']);
  try {
    const all = new Map<number, Figures>();
    for (const size of SIZES) all.set(size, await inChild(built.path('bench/compile.ts'), size));
    print(all);
  } finally {
    await built.remove();
  }
}
