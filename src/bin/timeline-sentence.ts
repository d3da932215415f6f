/** A line of an experiment's timeline. */
export interface TimelineLine {
  seq: number;
  kind: string;
  at?: string;
  from?: string;
  to?: string;
  reason?: string;
  data?: Record<string, string | number | undefined>;
}

/** A line of the timeline with its time. */
export function timelineSentence(line: TimelineLine): string {
  const said = happeningOf(line) ?? [line.kind.replaceAll('_', ' '), line.reason].filter(Boolean).join(': ');
  return `${(line.at ?? '').slice(0, 19).replace('T', ' ')}  ${said}`;
}

/** What happened, in the words of the demo; null for what only records something. */
export function happeningOf({ kind, from, to, reason, data }: TimelineLine): string | null {
  switch (kind) {
    case 'state_changed':
      return `${from} → ${to}${reason === undefined ? '' : `: ${reason}`}`;
    case 'ramped':
      return `${data?.['winner'] === undefined ? 'coverage' : `${String(data['winner'])} at`} ${String(data?.['coverage'])} %`;
    case 'decided':
      return `row ${String(data?.['row'])}: ${String(data?.['decision'])}${reason === undefined ? '' : ` (${reason})`}`;
    case 'held':
      return `held: ${reason ?? ''}`;
    case 'lifted':
      return `hold ${String(data?.['code'])} lifted`;
    default:
      return null;
  }
}
