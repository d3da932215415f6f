import { minutesId, VALUE_SCALE, type MinutesDocument } from '../../src/metrics/minutes.js';
import { HOUR_MS, MINUTE_MS } from '../../src/model/time.js';
import { DAY_MS } from '../../src/model/time.js';
import { Random } from '../../src/rehearsal/random.js';

/** How busy an experiment is: arrivals of an arm in a minute, at the mean of the week. */
export interface World {
  name: string;
  arrivals: number;
}

export const WORLDS: readonly World[] = [
  { name: '3 arrivals a minute and arm', arrivals: 3 },
  { name: '30', arrivals: 30 },
  { name: '300', arrivals: 300 },
];

export const VARIANTS = ['control', 'treatment'] as const;
type Variant = (typeof VARIANTS)[number];
export const METRICS = [
  { metric_id: 'errors', has_values: false },
  { metric_id: 'latency', has_values: true },
];

/** What goes wrong from some moment on, as factors on what an arm does. */
export interface Fault {
  name: string;
  on: readonly Variant[];
  arrivals?: number;
  errors?: number;
  latency?: number;
  /** Shares that are added. */
  late?: number;
  duplicates?: number;
  crossovers?: number;
}

const BOTH = VARIANTS;
const TREATMENT = ['treatment'] as const;
export const FAULTS: readonly Fault[] = [
  { name: 'half of all arrivals are lost', on: BOTH, arrivals: 0.5 },
  { name: 'nothing of the treatment arrives', on: TREATMENT, arrivals: 0 },
  { name: 'the treatment loses 40 % of its arrivals', on: TREATMENT, arrivals: 0.6 },
  { name: 'errors × 3, all arms', on: BOTH, errors: 3 },
  { name: 'errors × 3, treatment', on: TREATMENT, errors: 3 },
  { name: 'errors × 2, treatment', on: TREATMENT, errors: 2 },
  { name: 'latency × 2, all arms', on: BOTH, latency: 2 },
  { name: 'latency × 1.5, treatment', on: TREATMENT, latency: 1.5 },
  { name: '30 % of events come late', on: BOTH, late: 0.3 },
  { name: '30 % of events are sent again', on: BOTH, duplicates: 0.3 },
  { name: '10 % of arrivals cross over', on: BOTH, crossovers: 0.1 },
];

/** Of what an arm does for each exposure; shares of what is flawed. */
const ERRORS = 0.1;
const REQUESTS = 2;
const [LATE, DUPLICATES, CROSSOVERS] = [0.01, 0.005, 0.001];
const LATENCY_MS = 200;
/** Of the logarithm of a latency: it spreads more than a waiting time does. */
const LATENCY_SIGMA = 1;

/** What moves all arms of an experiment, and what moves its errors, besides the time: a factor that wanders. */
class Wandering {
  private log = 0;

  constructor(
    private readonly random: Random,
    /** Of the logarithm. */
    private readonly sigma: number,
    /** Of one minute with the next. */
    private readonly correlation: number,
  ) {}

  next(): number {
    const { sigma, correlation } = this;
    this.log = correlation * this.log + sigma * Math.sqrt(1 - correlation ** 2) * this.random.normal();
    return Math.exp(this.log);
  }
}

/** Days have a peak in the evening, nights a third of the mean, weekends four fifths of the traffic. */
function seasonAt(at: number): number {
  const day = 1 + 0.65 * Math.sin((2 * Math.PI * (at % DAY_MS)) / DAY_MS - 2.4);
  // 1970-01-01 was a Thursday.
  const isWeekend = [2, 3].includes(Math.floor(at / DAY_MS) % 7);
  return day * (isWeekend ? 0.8 : 1.08);
}

/**
 * The counts by minute of an experiment.
 *
 * @param fault from its `at` on (ms since the epoch); null for none
 */
export function countsOf(
  { arrivals }: World,
  { from, to }: { from: number; to: number },
  seed: number,
  fault: (Fault & { at: number }) | null = null,
): MinutesDocument[] {
  const random = new Random(seed);
  const [traffic, errors, latency] = [
    new Wandering(random, 0.08, 0.95),
    new Wandering(random, 0.15, 0.95),
    new Wandering(random, 0.05, 0.95),
  ];
  const hours = new Map<number, NonNullable<MinutesDocument['m']>>();
  for (let at = from; at < to; at += MINUTE_MS) {
    const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
    const m = hours.get(hour) ?? {};
    hours.set(hour, m);
    const level = arrivals * seasonAt(at) * traffic.next();
    const [e, l] = [errors.next(), latency.next()];
    m[(at - hour) / MINUTE_MS] = Object.fromEntries(
      VARIANTS.map((variant) => {
        const own = fault && at >= fault.at && fault.on.includes(variant) ? fault : null;
        return [variant, minuteOf(random, level, { errors: e, latency: l }, own)];
      }),
    );
  }
  return [...hours].map(([hour, m]) => ({ _id: minutesId('e', 0, hour), m }));
}

function minuteOf(
  random: Random,
  level: number,
  { errors, latency }: { errors: number; latency: number },
  fault: Fault | null,
) {
  const x = random.poisson(level * (fault?.arrivals ?? 1));
  // An arm of which no exposure arrives sends nothing else either.
  const sends = fault?.arrivals === 0 ? 0 : level;
  const errors_n = random.poisson(sends * ERRORS * errors * (fault?.errors ?? 1));
  const requests = random.poisson(sends * REQUESTS);
  const e = x + errors_n + requests;
  const of = (n: number, share: number): number => (n === 0 ? 0 : random.binomial(n, Math.min(1, share)));
  const mean = LATENCY_MS * latency * (fault?.latency ?? 1);
  return {
    x,
    e,
    l: of(e, LATE + (fault?.late ?? 0)),
    d: of(e, DUPLICATES + (fault?.duplicates ?? 0)),
    c: of(x, CROSSOVERS + (fault?.crossovers ?? 0)),
    g: {
      errors: { n: errors_n },
      latency: { n: requests, s: Math.round(sumOfLatencies(random, requests, mean) * VALUE_SCALE) },
    },
  };
}

/** Log-normal values one by one while there are few, their sum as a normal number beyond that. */
function sumOfLatencies(random: Random, n: number, mean: number): number {
  if (n === 0) return 0;
  const cv = Math.sqrt(Math.exp(LATENCY_SIGMA ** 2) - 1);
  if (n > 50) return Math.max(mean, n * mean + Math.sqrt(n) * cv * mean * random.normal());
  const median = mean * Math.exp(-(LATENCY_SIGMA ** 2) / 2);
  return Array.from({ length: n }, () => median * Math.exp(LATENCY_SIGMA * random.normal())).reduce(
    (sum, one) => sum + one,
    0,
  );
}
