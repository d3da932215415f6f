/** Something that was done, as a trace shows it. */
export interface FinishedSpan {
  name: string;
  kind: 'server' | 'client' | 'internal';
  /** By the monotonic clock of this process, ms. */
  began: number;
  seconds: number;
  attributes: Record<string, string | number>;
  failed: boolean;
  /** The span that it is a part of, as the header `traceparent` names it. */
  parent?: string | undefined;
}

/** Who takes spans. They are handed over once they are over, so that nothing has to be carried along meanwhile. */
export type SpanSink = (span: FinishedSpan) => void;
