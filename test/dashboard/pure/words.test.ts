import { describe, expect, it } from 'vitest';
import { decisionKind, outcome, rowId, timelineKind } from '../../../api/schemas/lifecycle.js';
import { conditionCode } from '../../../api/schemas/outlook.js';
import { COMMANDS } from '../../../src/lifecycle/commands.js';
import { ROW } from '../../../src/lifecycle/decisions/rows.js';
import { EXPERIMENT_STATES, HOLD_CODES } from '../../../src/lifecycle/state.js';
import { AGGREGATES, METRIC_KINDS, NOT_COUNTED } from '../../../src/model/metric.js';
import { DROPPED } from '../../../src/model/property.js';
import { AGGREGATE_TEXTS, KIND_TEXTS } from '../../../dashboard/src/pages/library/metric-fields.js';
import {
  DROPPED as DROPPED_WORDS,
  NOT_COUNTED as NOT_COUNTED_WORDS,
} from '../../../dashboard/src/words/events.js';
import { WHEN } from '../../../dashboard/src/certificates/row-words.js';
import { WHY_NOT } from '../../../dashboard/src/certificates/why-not.js';
import { DECISIONS, HOLDS, OUTCOMES, STATES } from '../../../dashboard/src/words/codes.js';
import { ROWS } from '../../../dashboard/src/words/rows.js';
import { COMMANDS_GIVEN, TIMELINE } from '../../../dashboard/src/words/timeline.js';
import { CONDITIONS } from '../../../dashboard/src/words/waiting.js';

/** Of what is over, the outcome is told. */
const TOLD_STATES = EXPERIMENT_STATES.filter((state) => state !== 'completed');

const WORDS: Record<string, [codes: readonly (string | number)[], words: object]> = {
  states: [TOLD_STATES, STATES],
  holds: [HOLD_CODES, HOLDS],
  outcomes: [outcome.options, OUTCOMES],
  'kinds of decisions': [decisionKind.options, DECISIONS],
  'kinds of lines': [timelineKind.options, TIMELINE],
  conditions: [conditionCode.options, CONDITIONS],
  commands: [[...COMMANDS, 'exclusions'], COMMANDS_GIVEN],
  'why events do not count': [NOT_COUNTED, NOT_COUNTED_WORDS],
  'why properties are dropped': [DROPPED, DROPPED_WORDS],
  'aggregates of metrics': [AGGREGATES, AGGREGATE_TEXTS],
  'kinds of metrics': [METRIC_KINDS, KIND_TEXTS],
  'rows of the table': [[...rowId.values], ROWS],
  'what rows ask': [Object.keys(ROW), WHEN],
  'why rows do not match': [Object.keys(ROW), WHY_NOT],
};

describe.each(Object.entries(WORDS))('%s', (_, [codes, words]) => {
  it('each has words, and no words are without it', () => {
    expect(Object.keys(words).sort()).toEqual(codes.map(String).sort());
  });

  it('each has words that are not empty', () => {
    for (const word of Object.values(words)) expect(textsIn(word)).not.toContain('');
  });
});

function textsIn(word: unknown): string[] {
  if (typeof word === 'string') return [word];
  if (typeof word !== 'object' || word === null) return [];
  return Object.values(word).flatMap(textsIn);
}
