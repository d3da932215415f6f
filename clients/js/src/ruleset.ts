import { createHash } from 'node:crypto';
import type { RulesetDocument } from '../../../src/assignment/document.js';
import { Ruleset } from '../../../src/assignment/ruleset.js';

export { Evaluation } from '../../../src/assignment/evaluation.js';
export type { AssignmentReason } from '../../../src/assignment/experiment.js';
export type { Ruleset };

/**
 * Compiles a snapshot as the server sent it. Parts that have not changed are taken from `previous`.
 *
 * @throws {SnapshotError} where it is not a snapshot, or has another format: keep the previous one
 */
export function readRuleset(text: string, previous: Ruleset | null = null): Ruleset {
  const document = parse(text);
  try {
    const kept = previous ? withUnchanged(document, previous.document) : document;
    return new Ruleset(kept, { digest, previous });
  } catch (error) {
    throw new SnapshotError(
      `the snapshot cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Keys of flags that may evaluate differently than before. */
export function changedFlags(next: Ruleset, before: Ruleset | null): string[] {
  if (!before) return [...next.flags.keys()];
  const optOutsChanged = String([...next.optedOut]) !== String([...before.optedOut]);
  const changed = [...next.flags].filter(
    ([key, flag]) => before.flags.get(key) !== flag || (optOutsChanged && flag.drivers.length > 0),
  );
  const removed = [...before.flags.keys()].filter((key) => !next.flags.has(key));
  return [...changed.map(([key]) => key), ...removed];
}

export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

const FORMAT = 1;

function parse(text: string): RulesetDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SnapshotError('the snapshot is not JSON: check baseUrl');
  }
  if (!isObject(value)) throw new SnapshotError('the snapshot is not an object: check baseUrl');
  if (value['format'] !== FORMAT) {
    throw new SnapshotError(
      `the snapshot has format ${String(value['format'])}, and this version of the SDK reads ${FORMAT}`,
    );
  }
  for (const [name, isValid, kind] of FIELDS) {
    if (!isValid(value[name])) throw new SnapshotError(`the snapshot's ${name} must be ${kind}`);
  }
  return value as unknown as RulesetDocument;
}

const FIELDS: [name: string, isValid: (value: unknown) => boolean, kind: string][] = [
  ['revision', Number.isFinite, 'a number'],
  ['stale_after_ms', Number.isFinite, 'a number'],
  ['salt', (value) => typeof value === 'string', 'a string'],
  ['segments', isObject, 'an object'],
  ['flags', Array.isArray, 'a list'],
  ['experiments', Array.isArray, 'a list'],
  ['opted_out', Array.isArray, 'a list'],
];

/** The document with the objects of the previous one where they are equal: those are not compiled again. */
function withUnchanged(document: RulesetDocument, previous: RulesetDocument): RulesetDocument {
  return {
    ...document,
    segments: Object.fromEntries(
      Object.entries(document.segments).map(([name, conditions]) => {
        const before = Object.hasOwn(previous.segments, name) ? previous.segments[name] : undefined;
        return [name, before && isSame(before, conditions) ? before : conditions];
      }),
    ),
    flags: unchanged(document.flags, previous.flags, ({ key }) => key),
    experiments: unchanged(document.experiments, previous.experiments, ({ experiment_id }) => experiment_id),
  };
}

function unchanged<T>(items: readonly T[], previous: readonly T[], idOf: (item: T) => string): T[] {
  const before = new Map(previous.map((item) => [idOf(item), item]));
  return items.map((item) => {
    const known = before.get(idOf(item));
    return known && isSame(known, item) ? known : item;
  });
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
