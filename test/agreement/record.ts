// Cases for whoever writes an evaluator: `npm run vectors` writes test/vectors/evaluation.json anew.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reference } from './peers.js';
import { subjects, worldOf } from './worlds.js';

const WORLDS = 12;
const NOW = Date.parse('2026-06-01T00:00:00Z');

const cases = Array.from({ length: WORLDS }, (_, n) => {
  const world = worldOf(1_000 + n, 10);
  const questions = subjects(1_000 + n, 8).map((one, i) => ({ ...one, now: NOW, stale: i === 7 }));
  const answered = questions.map((question) => ({ question, answers: reference(world, question) }));
  return {
    snapshot: world.document,
    evaluations: answered.flatMap(({ question, answers }) =>
      Object.entries(answers.flags).map(([flag, expect]) => ({ flag, ...question, expect })),
    ),
    assignments: answered.flatMap(({ question, answers }) =>
      question.unit === null
        ? []
        : Object.entries(answers.experiments).map(([experiment, expect]) => ({
            experiment,
            ...question,
            expect,
          })),
    ),
  };
});
const lines = cases.map((one) => JSON.stringify(one)).join(',\n');
writeFileSync(join(import.meta.dirname, '..', 'vectors', 'evaluation.json'), `{"cases":[\n${lines}\n]}\n`);
