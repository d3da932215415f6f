import type { Metadata, Outcome, Reason, Value } from './document.js';

/** What a flag gives to a unit. Units that get the same share one object, which is made when the flag is compiled. */
export class Evaluation {
  private json: string | null = null;

  constructor(
    readonly key: string,
    readonly outcome: Outcome,
    readonly reason: Reason,
    readonly metadata: Metadata,
  ) {}

  /** Undefined if the code's own default applies. */
  get variant(): string | undefined {
    return this.outcome.variant;
  }

  get value(): Value | undefined {
    return this.outcome.value;
  }

  /** `{key, value?, reason, variant?, metadata}` as JSON, serialised once. */
  get text(): string {
    const { key, value, reason, variant, metadata } = this;
    return (this.json ??= JSON.stringify({ key, value, reason, variant, metadata }));
  }
}

/** Why there is no evaluation, as OpenFeature names it. */
export type EvaluationError = 'FLAG_NOT_FOUND' | 'TARGETING_KEY_MISSING';
