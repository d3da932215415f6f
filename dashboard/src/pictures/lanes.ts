/** Something with words, which begins at `x` and takes `width`, px. */
interface Labelled {
  x: number;
  width: number;
}

/** Space between two in a lane, px. */
const BETWEEN = 10;

/** The lane of each, so that none lies over another: the first in which there is room, in the order of their beginnings. */
export function lanesOf(items: readonly Labelled[]): number[] {
  const ends: number[] = [];
  const lanes = items.map(() => 0);
  const order = items.map((_, index) => index).sort((a, b) => items[a]!.x - items[b]!.x);
  for (const index of order) {
    const { x, width } = items[index]!;
    const free = ends.findIndex((end) => end + BETWEEN <= x);
    const lane = free === -1 ? ends.length : free;
    ends[lane] = x + width;
    lanes[index] = lane;
  }
  return lanes;
}
