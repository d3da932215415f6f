/** At most so many names are suggested. */
const MOST_SUGGESTED = 3;
/** Longer names are compared only as they stand. */
const LONGEST = 64;
/** A name of four letters may have one mistake, a longer one more of them. */
const LETTERS_A_MISTAKE = 4;
const MOST_MISTAKES = 3;

/** The names that somebody may have meant who wrote this one: nearest first. The name itself is none of them. */
export function nearNames(name: string, known: Iterable<string>): string[] {
  const own = plain(name);
  const near: [name: string, distance: number][] = [];
  for (const other of new Set(known)) {
    if (other === name) continue;
    const distance = distanceBetween(own, plain(other));
    if (distance !== null) near.push([other, distance]);
  }
  return near
    .sort(([a, one], [b, two]) => one - two || (a < b ? -1 : 1))
    .slice(0, MOST_SUGGESTED)
    .map(([other]) => other);
}

/** Without what people write in several ways: `playlistCreated`, `playlist.created`. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[\s._:-]/g, '');
}

/** How many mistakes lie between two names; null where there are too many. */
function distanceBetween(a: string, b: string): number | null {
  if (a === b) return 0;
  const most = Math.min(MOST_MISTAKES, Math.floor(Math.max(a.length, b.length) / LETTERS_A_MISTAKE));
  if (Math.abs(a.length - b.length) > most || Math.max(a.length, b.length) > LONGEST) return null;
  const distance = editDistance(a, b);
  return distance <= most ? distance : null;
}

/**
 * Letters that are missing, too many, wrong, or exchanged with their neighbour: the optimal string alignment distance, Boytsov
 * (2011), ACM Journal of Experimental Algorithmics 16, § 2.
 */
function editDistance(a: string, b: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      const areExchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(areExchanged ? Math.min(least, beforeLast[j - 2]! + 1) : least);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
