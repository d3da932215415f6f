import { Activity, squaredActivity } from './activity.js';
import { AT_ONCE, lifted, type Draws, type Returns, type SimulatedArm, type SimulatedUnits } from './arm.js';

/** Where the spread of a unit's value comes from, at the planned end. */
interface Spread {
  returns: Returns;
  /** Variance between units: some do more at every visit. */
  between: number;
  /** Variance from visit to visit. */
  within: number;
  /** Standard deviation of the covariate; 0 without one. */
  before: number;
}

/**
 * Units whose values add up. A unit has y = u·g + e: g as in `Activity`, u ~ (value, between) for good, and e the chance
 * of its visits, with independent increments and the variance within·g. Its covariate from before is x = u + e′.
 *
 * What is drawn: Σu over the units of each arrival (with its moment, since Σg·u depends on it), the increments of Σe, and
 * Σe′. They are normal, by the central limit theorem; the sums at all looks then have the joint distribution that they
 * have over units. The centred squares and products of x and y are Wishart, as those of normal values, with the degrees
 * of freedom adding up as units arrive, scaled by the variances and the covariance of the units so far. Skewed values
 * (revenue) reach the normal distribution later than a rehearsal says.
 *
 * How much of the spread is between units is known only through the correlation with the time before: `split`.
 */
export class SimulatedMean implements SimulatedArm {
  private readonly activity: Activity;
  private readonly spread: Spread;
  /** Σ(u − value) over the units, and the same weighted by the moment of first exposure. */
  private shared = 0;
  private sharedByStart = 0;
  /** Σe, up to where Σg was when it was drawn. */
  private own = 0;
  private drawnActivity = 0;
  /** Σe′. */
  private before = 0;
  /** Centred squares and products of two independent standard normals, of so many units. */
  private readonly squares = { xx: 0, xy: 0, yy: 0, n: 0 };

  constructor(
    private readonly scale: number,
    private readonly units: SimulatedUnits,
    private readonly draws: Draws,
    private readonly isCount = false,
  ) {
    this.spread = split(units);
    this.activity = new Activity(this.spread.returns);
  }

  arrive(n: number, at: number): void {
    const { between, before } = this.spread;
    this.activity.arrive(n, at);
    if (between === 0) return;
    const shared = Math.sqrt(n * between) * this.draws.normal();
    this.shared += shared;
    this.sharedByStart += at * shared;
    this.before += Math.sqrt(n * Math.max(0, before * before - between)) * this.draws.normal();
  }

  goOn(at: number): void {
    this.activity.goOn(at);
  }

  sums(): Record<string, number> {
    const { activity, spread, scale, units } = this;
    const { n } = activity;
    if (n === 0) return zeros(spread.before > 0);
    this.drawOwn();
    this.drawSquares();
    const value = lifted(units);
    const [average, squared] = [activity.total() / n, activity.squares() / n];
    const total = value * n * average + activity.weigh(this.shared, this.sharedByStart) + this.own;
    const sum = Math.round((this.isCount ? Math.max(0, total) : total) * scale);
    const variance =
      spread.between * squared +
      spread.within * average +
      value * value * Math.max(0, squared - average ** 2);
    const sd = Math.sqrt(variance);
    const { xx, xy, yy } = this.squares;
    const rho = sd > 0 && spread.before > 0 ? (spread.between * average) / (sd * spread.before) : 0;
    const rest = Math.sqrt(1 - rho * rho);
    const centredY = variance * (rho * rho * xx + 2 * rho * rest * xy + rest * rest * yy);
    const own = { sum, sum_sq: squareSum(centredY * scale * scale, sum, n) };
    if (spread.before === 0) return own;
    const sum_x = Math.round((units.value * n + this.shared + this.before) * scale);
    const centredXY = sd * spread.before * (rho * xx + rest * xy) * scale * scale;
    return {
      ...own,
      sum_x,
      sum_xx: squareSum(spread.before ** 2 * xx * scale * scale, sum_x, n),
      sum_xy: Math.round(centredXY + (sum_x / n) * sum),
    };
  }

  /** Σe has independent increments, so those of all units since the last look are one draw. */
  private drawOwn(): void {
    const total = this.activity.total();
    const grown = Math.max(0, total - this.drawnActivity);
    if (grown > 0) this.own += Math.sqrt(this.spread.within * grown) * this.draws.normal();
    this.drawnActivity = Math.max(total, this.drawnActivity);
  }

  /** By the decomposition of Bartlett (1933), Proc. R. Soc. Edinburgh 53, 260–283, for the units since the last look. */
  private drawSquares(): void {
    const { squares, draws, activity } = this;
    const df = activity.n - squares.n - (squares.n === 0 ? 1 : 0);
    squares.n = activity.n;
    if (df <= 0) return;
    if (this.spread.before === 0) {
      squares.yy += draws.chiSquare(df);
      return;
    }
    const [xx, z] = [draws.chiSquare(df), draws.normal()];
    squares.xx += xx;
    squares.xy += z * Math.sqrt(xx);
    squares.yy += z * z + draws.chiSquare(df - 1);
  }
}

/** One more than the exact square: rounding must not make a sum of squares impossible. */
function squareSum(centred: number, sum: number, n: number): number {
  return Math.ceil(centred + (sum / n) * sum) + 1;
}

function zeros(hasCovariate: boolean): Record<string, number> {
  return { sum: 0, sum_sq: 0, ...(hasCovariate && { sum_x: 0, sum_xx: 0, sum_xy: 0 }) };
}

/**
 * Splits the variance at the planned end: first what the different ages of the units make of it, and of the rest a share
 * of `correlation` between units, since what is alike before and after is the unit. Without a correlation all is chance,
 * which is the assumption that finds the least at early looks. Values whose spread is too small for it do not add up, and
 * are taken to be complete at once.
 */
function split(units: Omit<SimulatedUnits, 'lift' | 'margin'>): Spread {
  const { value, standard_deviation: sd, correlation, returns } = units;
  const squared = squaredActivity(returns);
  const rest = sd * sd - value * value * (squared - 1);
  if (rest < (sd * sd) / 2 && returns !== AT_ONCE) {
    return split({ ...units, returns: AT_ONCE });
  }
  const rho = Math.min(Math.abs(correlation), MOST_CORRELATED);
  if (rho === 0 || sd === 0) return { returns, between: 0, within: rest, before: 0 };
  const between = Math.min(
    Math.max((rho * rest) / squared, (rho * sd) ** 2),
    (MOST_CORRELATED * rest) / squared,
  );
  const before = Math.max(between / (rho * sd), Math.sqrt(between));
  return { returns, between, within: rest - between * squared, before };
}

/** At 1 nothing would be left to chance. */
const MOST_CORRELATED = 0.999;
