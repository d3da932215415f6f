import type { Json } from '../../src/model/json.js';

export type FlagType = 'Boolean' | 'String' | 'Integer' | 'Float' | 'Object';

/** Where a provider is to connect to, as JSON. */
export interface Connection {
  url: string;
  key: string;
  /** Whether to wait until it is ready, or has failed. */
  wait: boolean;
  /** How long it is to wait for the server, in ms. */
  timeoutMs: number;
}

/** One evaluation, as JSON. */
export interface Question {
  type: FlagType;
  key: string;
  fallback: Json;
  context: Record<string, Json>;
  /** Names of hooks, in the order in which they are given. */
  hooks: string[];
}

/** The details of an evaluation as OpenFeature names them, and what else could be seen, as JSON. */
export interface Observed {
  flagKey: string;
  value: Json;
  variant?: string | undefined;
  reason?: string | undefined;
  errorCode?: string | undefined;
  errorMessage?: string | undefined;
  flagMetadata: Record<string, Json>;
  /** The context after the evaluation. */
  context: Record<string, Json>;
  /** Stages of hooks as they ran: `before first`. */
  stages: string[];
  /** Whether the metadata refuse to be changed. */
  frozen: boolean;
  /** The longest that nothing else could run, in ms. */
  stalledMs: number;
}

/** A provider behind OpenFeature's SDK of its language, wherever that runs. */
export interface ProviderUnderTest {
  /** Sets a new provider, in the place of the one before, with an empty context. */
  connect(connection: Connection): Promise<void>;
  evaluate(question: Question): Promise<Observed>;
  /** OpenFeature's name of it: READY, NOT_READY, ERROR, FATAL, STALE. */
  status(): Promise<string>;
  close(): Promise<void>;
}
