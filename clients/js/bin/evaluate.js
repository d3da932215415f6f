// Evaluates requests with the published evaluator, for comparing implementations. Requests and answers are lines of JSON:
// `{"snapshot": …}` comes first (a later one replaces it) and has no answer; then `{"flag", "unit", "context", "now",
// "stale"}`, `{"experiment", …}`, or `{"batch": [requests]}`, which is answered with a list.
import { createInterface } from 'node:readline';
import { Evaluation, readRuleset } from '../dist/ruleset.js';

let ruleset = null;

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line.trim() === '') continue;
  const request = JSON.parse(line);
  if (request.snapshot) {
    ruleset = readRuleset(JSON.stringify(request.snapshot), ruleset);
    continue;
  }
  const answer = request.batch ? request.batch.map(evaluate) : evaluate(request);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function evaluate({ flag, experiment, unit = null, context = {}, now, stale = false }) {
  if (!ruleset) throw new Error('the first line must be {"snapshot": …}');
  const moment = { now, stale };
  if (experiment !== undefined) {
    const compiled = ruleset.experiments.get(experiment);
    return compiled ? ruleset.assign(compiled, unit, context, moment) : { error: 'EXPERIMENT_NOT_FOUND' };
  }
  const found = ruleset.evaluate(flag, unit, context, moment);
  if (!(found instanceof Evaluation)) return { error: found };
  const { value, variant, reason, metadata } = found;
  return { value, variant, reason, metadata };
}
