import type { ServerResponse } from 'node:http';
import type { RulesetDocument } from '../../src/assignment/document.js';
import { validationFailed } from '../../src/errors.js';
import { idSchema } from '../../src/model/id.js';
import type { ServingSnapshot } from '../../src/serving/serving-snapshot.js';
import type { InstanceStore } from '../../src/store/instances.js';
import { answer, isNamed } from './answer.js';

/** A service that evaluates by itself is heard of at most this often, unless it serves another revision. */
const HEARD_EVERY_MS = 3_000;
/** So many are remembered at most: the oldest are then written down again when they ask. */
const MOST_HEARD = 10_000;

/** The snapshot, for services that evaluate in their own process; keeps the list of those that do. */
export class Snapshots {
  private readonly heard = new Map<string, { at: number; serving: number }>();
  private written: { document: RulesetDocument; text: string } | null = null;
  private readonly parts = new WeakMap<object, string>();

  constructor(
    private readonly instances: InstanceStore,
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * @param age_ms since this process last heard of changes: who asks counts it in
   * @throws {RampartError} validation_failed
   */
  serve(
    response: ServerResponse,
    query: URLSearchParams,
    ifNoneMatch: string | undefined,
    snapshot: ServingSnapshot,
    age_ms: number,
  ): void {
    this.hear(query);
    const etag = `"${snapshot.revision}"`;
    const headers = ['ETag', etag, 'Age', String(Math.floor(age_ms / 1000))];
    if (isNamed(ifNoneMatch, etag)) response.writeHead(304, headers).end();
    else answer(response, 200, this.textOf(snapshot.ruleset.document), headers);
  }

  private hear(query: URLSearchParams): void {
    const instance_id = query.get('instance_id');
    if (instance_id === null) return;
    if (!idSchema.safeParse(instance_id).success) {
      const message = 'must be 1 to 128 of A-Z a-z 0-9 . _ : - and start with a letter or a digit';
      throw validationFailed([{ path: 'instance_id', code: 'invalid_value', message }]);
    }
    if (query.get('closing') === 'true') {
      this.heard.delete(instance_id);
      this.instances.forgetSdk(instance_id).catch(this.onError);
      return;
    }
    const serving = Number(query.get('serving') ?? -1);
    if (!Number.isSafeInteger(serving)) {
      const message = 'must be the revision of the snapshot that is served';
      throw validationFailed([{ path: 'serving', code: 'invalid_value', message }]);
    }
    const now = performance.now();
    const before = this.heard.get(instance_id);
    if (before?.serving === serving && now - before.at < HEARD_EVERY_MS) return;
    // A map keeps the order of insertion: the oldest go first.
    this.heard.delete(instance_id);
    this.heard.set(instance_id, { at: now, serving });
    for (const id of this.heard.keys()) {
      if (this.heard.size <= MOST_HEARD) break;
      this.heard.delete(id);
    }
    this.instances.hearSdk(instance_id, serving).catch((error: unknown) => {
      // Not heard of, then: the next time it asks it is.
      this.heard.delete(instance_id);
      this.onError(error);
    });
  }

  /** Written once a document, and of what did not change since the one before, not again. */
  private textOf(document: RulesetDocument): string {
    if (this.written?.document === document) return this.written.text;
    const { flags, experiments, ...rest } = document;
    const list = (all: readonly object[]): string => `[${all.map((one) => this.part(one)).join(',')}]`;
    const text =
      `${JSON.stringify(rest).slice(0, -1)},"flags":${list(flags)},` + `"experiments":${list(experiments)}}`;
    this.written = { document, text };
    return text;
  }

  private part(rules: object): string {
    const known = this.parts.get(rules);
    if (known !== undefined) return known;
    const text = JSON.stringify(rules);
    this.parts.set(rules, text);
    return text;
  }
}
