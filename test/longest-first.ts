import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute and more, longest first. One that began last would run on alone. */
const LONG = [
  ...[
    'browser',
    'faults',
    'time',
    'cross-check',
    'life',
    'javascript-sdk',
    'openfeature',
    'safety',
    'control',
  ],
  ...['consistency', 'alerts', 'verdicts', 'failover', 'mongodb', 'python-sdk', 'folding'],
].map((name) => `${name}.test.ts`);

/** Vitest remembers how long files took, but not in a clean clone; then it goes by their size, which says little. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONG.indexOf(basename(moduleId));
      return index === -1 ? LONG.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
