/** A process, or a tree of them, that has started. */
export interface Running {
  stop(): Promise<void>;
}
