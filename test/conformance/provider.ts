import type { Json } from '../../src/model/json.js';

export type FlagType = 'Boolean' | 'String' | 'Integer' | 'Float' | 'Object';

/** How a provider connects, as JSON. */
export interface Connection {
  url: string;
  key: string;
  /** Whether to wait until it is ready, or has failed. */
  wait: boolean;
  /** How long the provider waits for the server, in ms. */
  timeoutMs: number;
}

/** An evaluation to make, as JSON. */
export interface EvaluationRequest {
  type: FlagType;
  key: string;
  fallback: Json;
  context: Record<string, Json>;
  /** Names of hooks, in order. */
  hooks: string[];
}

/** OpenFeature's details of an evaluation, and what else was observed, as JSON. */
export interface ObservedEvaluation {
  flagKey: string;
  value: Json;
  variant?: string | undefined;
  reason?: string | undefined;
  errorCode?: string | undefined;
  errorMessage?: string | undefined;
  flagMetadata: Record<string, Json>;
  /** The context after the evaluation. */
  context: Record<string, Json>;
  /** The stages of hooks in the order in which they ran, such as `before first`. */
  stages: string[];
  /** Whether the metadata cannot be changed. */
  frozen: boolean;
  /** The longest time for which nothing else could run, in ms. */
  stalledMs: number;
}

/** A provider with OpenFeature's SDK for its language, in whatever process that runs. */
export interface ProviderUnderTest {
  /** Replaces the provider by a new one, with an empty context. */
  connect(connection: Connection): Promise<void>;
  evaluate(request: EvaluationRequest): Promise<ObservedEvaluation>;
  /** OpenFeature's provider status: READY, NOT_READY, ERROR, FATAL or STALE. */
  status(): Promise<string>;
  close(): Promise<void>;
}
