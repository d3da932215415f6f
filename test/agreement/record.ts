// Test vectors for implementations of the evaluator: `npm run vectors` rewrites test/vectors/evaluation.json.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reference } from './peers.js';
import { randomSubjects, randomSnapshot } from './random-snapshots.js';

const SNAPSHOTS = 12;
const NOW = Date.parse('2026-06-01T00:00:00Z');

const cases = Array.from({ length: SNAPSHOTS }, (_, n) => {
  const snapshot = randomSnapshot(1_000 + n, 10);
  const subjects = randomSubjects(1_000 + n, 8).map((subject, i) => ({
    ...subject,
    now: NOW,
    stale: i === 7,
  }));
  const evaluated = subjects.map((subject) => ({ subject, results: reference(snapshot, subject) }));
  return {
    snapshot: snapshot.document,
    evaluations: evaluated.flatMap(({ subject, results }) =>
      Object.entries(results.flags).map(([flag, expect]) => ({ flag, ...subject, expect })),
    ),
    assignments: evaluated.flatMap(({ subject, results }) =>
      subject.unit === null
        ? []
        : Object.entries(results.experiments).map(([experiment, expect]) => ({
            experiment,
            ...subject,
            expect,
          })),
    ),
  };
});
const lines = cases.map((vector) => JSON.stringify(vector)).join(',\n');
writeFileSync(join(import.meta.dirname, '..', 'vectors', 'evaluation.json'), `{"cases":[\n${lines}\n]}\n`);
