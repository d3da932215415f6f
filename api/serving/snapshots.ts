import type { ServerResponse } from 'node:http';
import type { RulesetDocument } from '../../src/assignment/document.js';
import type { ServingSnapshot } from '../../src/serving/serving-snapshot.js';
import type { InstanceStore } from '../../src/store/instances.js';
import type { SnapshotQuery } from '../schemas/serving.js';
import { answer, isNamed } from './answer.js';

/** The heartbeat of a service that evaluates by itself is written at most this often, ms, unless its revision changes. */
const HEARD_EVERY_MS = 3_000;
/** At most this many services are remembered. The heartbeats of the oldest are then written again when they ask. */
const MOST_HEARD = 10_000;

/** Serves the snapshot to services that evaluate in their own process, and keeps the list of those services. */
export class Snapshots {
  private readonly heard = new Map<string, { at: number; serving: number }>();
  private written: { document: RulesetDocument; text: string } | null = null;
  private readonly parts = new WeakMap<object, string>();

  constructor(
    private readonly instances: InstanceStore,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** @param age_ms time since this process last heard of changes; the service adds it to its own */
  serve(
    response: ServerResponse,
    query: SnapshotQuery,
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

  private hear({ instance_id, serving = -1, closing }: SnapshotQuery): void {
    if (instance_id === undefined) return;
    if (closing === 'true') {
      this.heard.delete(instance_id);
      this.instances.forgetSdk(instance_id).catch(this.onError);
      return;
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
      // The heartbeat is written the next time the service asks.
      this.heard.delete(instance_id);
      this.onError(error);
    });
  }

  /** The document as text. It is written once, and parts that did not change since the document before are reused. */
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
