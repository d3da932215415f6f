/** Random numbers determined by a seed, so that a rehearsal can be repeated to the last digit. */
export class Random {
  private state: number;
  private spare: number | null = null;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Uniform in [0, 1). Source: mulberry32, T. Ettinger (2017), public domain. */
  uniform(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Standard normal, by Marsaglia's polar method. */
  normal(): number {
    if (this.spare !== null) {
      const kept = this.spare;
      this.spare = null;
      return kept;
    }
    for (;;) {
      const [u, v] = [2 * this.uniform() - 1, 2 * this.uniform() - 1];
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(s)) / s);
      this.spare = v * factor;
      return u * factor;
    }
  }

  /** By inversion, which is exact, while few successes (or failures) are expected; beyond that a rounded normal. */
  binomial(n: number, p: number): number {
    if (n <= 0 || p <= 0) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - this.binomial(n, 1 - p);
    const mean = n * p;
    if (mean > 30) return bounded(mean + Math.sqrt(mean * (1 - p)) * this.normal(), n);
    let [k, probability, u] = [0, (1 - p) ** n, this.uniform()];
    while (u > probability && k < n) {
      u -= probability;
      probability *= ((n - k) / (k + 1)) * (p / (1 - p));
      k += 1;
    }
    return k;
  }

  poisson(mean: number): number {
    if (mean > 30) return bounded(mean + Math.sqrt(mean) * this.normal(), Infinity);
    let [k, probability, u] = [0, Math.exp(-mean), this.uniform()];
    while (u > probability && k < 1_000) {
      u -= probability;
      k += 1;
      probability *= mean / k;
    }
    return k;
  }

  /** Chi-square by the cube of Wilson and Hilferty (1931), PNAS 17, 684–688; 0 without degrees of freedom. */
  chiSquare(df: number): number {
    if (df <= 0) return 0;
    const h = 2 / (9 * df);
    return df * Math.max(0, 1 - h + Math.sqrt(h) * this.normal()) ** 3;
  }
}

function bounded(value: number, most: number): number {
  return Math.min(most, Math.max(0, Math.round(value)));
}
