import type {
  Holdout,
  Layer,
  LibraryItems,
  LibraryKind,
  Metric,
  Policy,
  Segment,
} from '../../api/library.js';
import { metricSentence } from '../../words/metric.js';
import { durationText } from '../../words/duration-text.js';
import { count, percent } from '../../words/format.js';
import { saidConditions } from '../../words/conditions.js';

interface Words<T> {
  title: string;
  /** One of them: "segment". */
  noun: string;
  /** What they are for, in a sentence. */
  purpose: string;
  /** The field with the id. */
  id: string;
  /** Heads of the columns beside the id, and what stands in them. */
  columns: [head: string, text: (item: T) => string][];
  /** A new one to begin with. */
  example: object;
  /** What a change means for what is under way. */
  consequence: string;
  /** Fields of an answer that only the server sets. */
  readOnly: string[];
}

export const KINDS: { [Kind in LibraryKind]: Words<LibraryItems[Kind]> } = {
  segments: {
    title: 'Segments',
    noun: 'segment',
    purpose: 'Conditions with a name, which flags, experiments and other segments refer to.',
    id: 'segment_id',
    columns: [['Who is in it', segmentText]],
    example: { segment_id: 'new_segment', description: '', conditions: { country: { $in: ['DE', 'AT'] } } },
    consequence: 'What refers to it is served by the new conditions within seconds.',
    readOnly: ['unserved'],
  },
  metrics: {
    title: 'Metrics',
    noun: 'metric',
    purpose: "What experiments measure: how a unit's events become one number.",
    id: 'metric_id',
    columns: [
      ['What is counted', (metric: Metric) => metricSentence(metric)],
      ['Better is', ({ direction }: Metric) => (direction === 'increase' ? 'more' : 'less')],
    ],
    example: { metric_id: 'new_metric', kind: 'proportion', event: 'purchase', direction: 'increase' },
    consequence: 'Experiments under way keep the one that they began with.',
    readOnly: ['built_in'],
  },
  policies: {
    title: 'Policies',
    noun: 'policy',
    purpose: 'How experiments are run: the ramp, what decides, what holds, and how a winner ships.',
    id: 'policy_id',
    columns: [
      ['Ramp', ({ ramp }: Policy) => ramp.map(({ coverage }) => percent(coverage)).join(', ')],
      [
        'Runs',
        ({ min_duration, max_duration }: Policy) =>
          `${durationText(min_duration)} to ${durationText(max_duration)}`,
      ],
      ['Version', ({ version }: Policy) => count(version)],
    ],
    example: { policy_id: 'new_policy', description: '', min_duration: '14d' },
    consequence:
      'This makes its next version. Experiments under way keep theirs. What is left out is as in the policy standard.',
    readOnly: [],
  },
  layers: {
    title: 'Layers',
    noun: 'layer',
    purpose: 'Experiments of one layer share its 10,000 slots, so that no unit is in two of them.',
    id: 'layer_id',
    columns: [
      ['Leases', ({ leases }: Layer) => count(leases.length)],
      ['Free', ({ free }: Layer) => percent(free)],
      ['Waiting', ({ queue }: Layer) => count(queue.length)],
    ],
    example: { layer_id: 'new_layer', description: '' },
    consequence: 'Only the description of a layer can be changed.',
    readOnly: ['leases', 'free', 'queue'],
  },
  holdouts: {
    title: 'Holdouts',
    noun: 'holdout',
    purpose: 'Shares of all units that are in no experiment, or in none of a layer.',
    id: 'holdout_id',
    columns: [
      ['Share', ({ share }: Holdout) => percent(share)],
      ['Of', ({ layer_id }: Holdout) => layer_id ?? 'every experiment'],
    ],
    example: { holdout_id: 'new_holdout', description: '', share: 1 },
    consequence: 'Experiments under way keep the share that they began with.',
    readOnly: [],
  },
};

export const KIND_NAMES = Object.keys(KINDS) as LibraryKind[];

export function isKind(text: string): text is LibraryKind {
  return text in KINDS;
}

/** The id of an item. */
export function idOf(kind: LibraryKind, item: object): string {
  return String((item as Record<string, unknown>)[KINDS[kind].id]);
}

/** What a person writes of an item: without what only the server sets. */
export function writtenOf(kind: LibraryKind, item: object): Record<string, unknown> {
  const { readOnly } = KINDS[kind];
  return Object.fromEntries(Object.entries(item).filter(([name]) => !readOnly.includes(name)));
}

/** A segment in one line. */
function segmentText({ conditions }: Segment): string {
  const said = saidConditions(conditions);
  if (said.length === 0) return 'everybody';
  const [first] = said;
  const more = said.length - 1 + first!.parts.length;
  return more === 0 ? first!.text : `${first!.text}, and ${count(more)} more`;
}
