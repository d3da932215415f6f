const DAY_MS = 86_400_000;

/**
 * The clock on the wall of a time zone. A local time is a number, too: the ms since the epoch at which a clock in UTC shows
 * the same.
 */
export class WallClock {
  private readonly format: Intl.DateTimeFormat;

  /** @throws {RangeError} where there is no such zone */
  constructor(time_zone: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone: time_zone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  }

  /** What the clock shows at a moment (ms since the epoch). */
  localAt(moment: number): number {
    const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of this.format.formatToParts(moment)) shown[type] = Number(value);
    const { year = 0, month = 1, day, hour, minute, second } = shown;
    // The format leaves out the fraction of a second.
    return Date.UTC(year, month - 1, day, hour, minute, second) + (((moment % 1000) + 1000) % 1000);
  }

  /**
   * The moments at which the clock shows a local time, in order: two where it is put back over it. Where it is put forward
   * over it, the moment of that change.
   */
  momentsOf(local: number): number[] {
    const offsets = [local - DAY_MS, local + DAY_MS].map((moment) => this.localAt(moment) - moment);
    const moments = [...new Set(offsets)].map((offset) => local - offset).sort((a, b) => a - b);
    const shown = moments.filter((moment) => this.localAt(moment) === local);
    return shown.length > 0 ? shown : [this.changeOver(local, moments[0]!, moments.at(-1)!)];
  }

  /** The first moment at which the clock shows more than a time that it skips: by bisection, from before it to after it. */
  private changeOver(local: number, before: number, after: number): number {
    let [low, high] = [before, after];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.localAt(middle) < local) low = middle;
      else high = middle;
    }
    return high;
  }
}
