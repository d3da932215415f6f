import { diffLines } from 'diff';

export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

/** A run of lines that are the same in both, and not shown. */
export interface Gap {
  kind: 'gap';
  lines: number;
}

/** What changed from one JSON value to another, line by line. Undefined is no lines at all. */
export function jsonDiff(before: unknown, after: unknown): DiffLine[] {
  return diffLines(linesOf(before), linesOf(after)).flatMap(({ value, added, removed }) => {
    const kind = added ? 'added' : removed ? 'removed' : 'same';
    return value
      .replace(/\n$/, '')
      .split('\n')
      .map((text) => ({ kind, text }) as const);
  });
}

/** Leaves out what is the same, but for some lines around each change. */
export function withGaps(lines: readonly DiffLine[], around = 3): (DiffLine | Gap)[] {
  const isShown = lines.map((_, at) =>
    lines.slice(Math.max(0, at - around), at + around + 1).some(({ kind }) => kind !== 'same'),
  );
  const shown: (DiffLine | Gap)[] = [];
  for (const [at, line] of lines.entries()) {
    const last = shown.at(-1);
    if (isShown[at]) shown.push(line);
    else if (last?.kind === 'gap') last.lines += 1;
    else shown.push({ kind: 'gap', lines: 1 });
  }
  return shown;
}

/** `2 lines added, 1 removed` */
export function diffSummary(lines: readonly DiffLine[]): string {
  const count = (wanted: DiffLine['kind']): number => lines.filter(({ kind }) => kind === wanted).length;
  const [added, removed] = [count('added'), count('removed')];
  if (added + removed === 0) return 'Nothing differs';
  const plural = (n: number): string => (n === 1 ? '1 line' : `${n} lines`);
  if (removed === 0) return `${plural(added)} added`;
  return added === 0 ? `${plural(removed)} removed` : `${plural(added)} added, ${removed} removed`;
}

function linesOf(value: unknown): string {
  return value === undefined ? '' : `${JSON.stringify(value, null, 2)}\n`;
}
