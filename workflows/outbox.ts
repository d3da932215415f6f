import type { DecisionRecord, TimelineRecord } from '../src/lifecycle/state.js';
import type { Step } from '../src/lifecycle/step.js';

export interface Batch {
  records: TimelineRecord[];
  decisions: DecisionRecord[];
}

/** What was recorded and decided, and is not in the store yet. */
export class Outbox {
  private records: TimelineRecord[] = [];
  private decisions: DecisionRecord[] = [];
  private stored = 0;

  /** Goes on from the version that the store has, with nothing to send. */
  startFrom(version: number): void {
    this.stored = version;
    [this.records, this.decisions] = [[], []];
  }

  add({ records, decisions }: Pick<Step, 'records' | 'decisions'>): void {
    this.records.push(...records);
    this.decisions.push(...decisions);
  }

  /** Whether the store does not have this version of the state yet. */
  isBehind(version: number): boolean {
    return version > this.stored;
  }

  /** Everything so far: what happened since the last commit goes out as one. */
  batch(): Batch {
    return { records: this.records.slice(), decisions: this.decisions.slice() };
  }

  /** The store has a batch; what came after it stays. */
  markStored(version: number, { records, decisions }: Batch): void {
    this.stored = version;
    this.records = this.records.slice(records.length);
    this.decisions = this.decisions.slice(decisions.length);
  }
}
