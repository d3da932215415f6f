import { validationFailed, type FieldError } from '../errors.js';
import { effectOf, POWER_DEFAULTS, sampleFor, SEQUENTIAL_COST, type PowerDesign } from '../stats/power.js';
import { plannedDays } from '../operations/plan-ahead.js';
import { plannedPower } from '../operations/planning-answer.js';
import { NOT_A_NUMBER, numberIn } from './number-option.js';
import { answering } from './output.js';
import { givenFacts, launchFromFile, namingOptions, NOTHING_KNOWN, PLAN_OPTIONS } from './plan-file.js';
import { parseOptions } from './parse-options.js';

/** The bounds of each number, both exclusive. */
const BOUNDS = {
  baseline: [-Infinity, Infinity],
  'standard-deviation': [0, Infinity],
  mde: [0, Infinity],
  units: [0, Infinity],
  alpha: [0, 1],
  power: [0, 1],
  ratio: [0, Infinity],
  correlation: [-1, 1],
  arms: [1, Infinity],
  comparisons: [0, Infinity],
} as const;
type Name = keyof typeof BOUNDS;
/** Those that are counts. */
const WHOLE: readonly Name[] = ['units', 'arms', 'comparisons'];
const KINDS = ['proportion', 'mean', 'ratio', 'quantile'] as const;
type PowerKind = (typeof KINDS)[number];

/**
 * `power --baseline P (--mde R | --units N)`: the sample that an effect needs, or the effect that a sample detects.
 * `power FILE`: the same for every primary of the experiment in the file, as the API answers it for stored ones.
 */
export function powerCommand(argv: string[]): Promise<number> {
  const isFile = argv[0] !== undefined && (argv[0] === '-' || !argv[0].startsWith('-'));
  return answering(async () => (isFile ? await powerOfFile(argv) : power(argv)));
}

async function powerOfFile(argv: string[]): Promise<object> {
  const { values, positionals } = parsePlan(argv);
  const given = givenFacts(values);
  const launch = await launchFromFile(values, positionals);
  const { policy, planned_units } = launch;
  return {
    policy: { id: policy.policy_id, version: policy.version },
    mde: policy.mde,
    power: policy.power,
    planned_units,
    planned_days: plannedDays(launch),
    ...namingOptions(plannedPower(launch, NOTHING_KNOWN, given)),
  };
}

function parsePlan(argv: string[]) {
  return parseOptions({ args: argv, options: PLAN_OPTIONS, allowPositionals: true });
}

function power(argv: string[]): object {
  const { kind, numbers } = read(argv);
  const { mde, units, alpha, power: wanted, ratio, correlation, arms = 2 } = numbers;
  const design: PowerDesign = {
    metric:
      kind === 'proportion'
        ? { kind, baseline: numbers.baseline! }
        : { kind, baseline: numbers.baseline!, standard_deviation: numbers['standard-deviation']! },
    alpha: alpha ?? POWER_DEFAULTS.alpha,
    comparisons: numbers.comparisons ?? arms - 1,
    power: wanted ?? POWER_DEFAULTS.power,
    ratio: ratio ?? POWER_DEFAULTS.ratio,
    correlation: correlation ?? POWER_DEFAULTS.correlation,
  };
  const { metric, ...rest } = design;
  const assumptions = { ...metric, ...rest, arms, two_sided: true, sequential_cost: SEQUENTIAL_COST };
  if (units !== undefined) {
    const effect = effectOf(design, units);
    return {
      mde: effect,
      assumptions: { ...assumptions, units_per_variant: units },
      ...(effect === null && { notes: ['rate_above_one'] }),
    };
  }
  const sample = sampleFor(design, mde!, arms);
  return {
    ...(sample ?? { units_per_variant: null, total: null }),
    assumptions: { ...assumptions, mde },
    ...(sample === null && { notes: ['rate_above_one'] }),
  };
}

type Values = ReturnType<typeof parse>;
type Wrong = (path: string, code: string, message: string) => void;

function read(argv: string[]): { kind: PowerKind; numbers: Partial<Record<Name, number>> } {
  const values = parse(argv);
  const errors: FieldError[] = [];
  const wrong: Wrong = (path, code, message) => void errors.push({ path, code, message });
  const numbers = numbersIn(values, wrong);
  const kind = KINDS.find((one) => one === (values.kind ?? 'proportion'));
  if (!kind) wrong('kind', 'invalid_value', `must be one of ${KINDS.join(', ')}`);
  const { baseline } = numbers;
  if (values.baseline === undefined)
    wrong('baseline', 'required', 'is missing: the value of the metric in the control');
  if (kind === 'proportion' && baseline !== undefined && (baseline <= 0 || baseline >= 1)) {
    wrong('baseline', 'out_of_range', 'must lie between 0 and 1 for a proportion');
  }
  if (kind !== 'proportion' && baseline === 0) wrong('baseline', 'out_of_range', 'must not be 0');
  if (kind && kind !== 'proportion' && values['standard-deviation'] === undefined) {
    wrong(
      'standard-deviation',
      'required',
      `is missing: a ${kind} needs its standard deviation between units`,
    );
  }
  if ((values.mde === undefined) === (values.units === undefined)) {
    wrong('mde', 'required', 'give either --mde (a relative effect) or --units (of the control)');
  }
  if (errors.length > 0) throw validationFailed(errors);
  return { kind: kind!, numbers };
}

/** The numbers within their bounds. */
function numbersIn(values: Values, wrong: Wrong): Partial<Record<Name, number>> {
  const numbers: Partial<Record<Name, number>> = {};
  for (const name of Object.keys(BOUNDS) as Name[]) {
    const given = values[name];
    if (typeof given !== 'string') continue;
    const number = numberIn(given);
    const [above, below] = BOUNDS[name];
    if (!Number.isFinite(number)) wrong(name, 'invalid_type', NOT_A_NUMBER);
    else if (number <= above || number >= below) {
      wrong(
        name,
        'out_of_range',
        below === Infinity ? `must be greater than ${above}` : `must lie between ${above} and ${below}`,
      );
    } else if (WHOLE.includes(name) && !Number.isInteger(number)) {
      wrong(name, 'invalid_type', 'must be an integer');
    } else numbers[name] = number;
  }
  return numbers;
}

function parse(argv: string[]) {
  const option = { type: 'string' } as const;
  const options = {
    kind: option,
    baseline: option,
    'standard-deviation': option,
    mde: option,
    units: option,
    alpha: option,
    power: option,
    ratio: option,
    correlation: option,
    arms: option,
    comparisons: option,
  };
  return parseOptions({ args: argv, options }).values;
}
