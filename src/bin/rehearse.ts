import { validationFailed } from '../errors.js';
import {
  baselinesOf,
  rehearsalAnswer,
  rehearsedTraffic,
  type RehearsalAnswer,
} from '../operations/planning-answer.js';
import { Rehearsals } from '../operations/rehearse-apart.js';
import { numberIn } from './number-option.js';
import { isReadByPeople, orProblem } from './output.js';
import { givenFacts, launchFromFile, namingOptions, NOTHING_KNOWN, PLAN_OPTIONS } from './plan-file.js';
import { rehearsalText } from './rehearsal-text.js';
import { parseOptions } from './parse-options.js';

/**
 * `rehearse FILE`: an experiment on simulated users, without servers, on all cores. A terminal gets sentences, a pipe or
 * `--json` JSON.
 */
export function rehearseCommand(
  argv: string[],
  { stdout }: { stdout: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> } = process,
  rehearsals = new Rehearsals(),
): Promise<number> {
  return orProblem(async () => {
    const { values, positionals } = parse(argv);
    const answer = await rehearsed(values, positionals, rehearsals);
    stdout.write(isReadByPeople(stdout) ? rehearsalText(answer) : `${JSON.stringify(answer)}\n`);
    return 0;
  });
}

async function rehearsed(
  values: ReturnType<typeof parse>['values'],
  files: readonly string[],
  rehearsals: Rehearsals,
): Promise<RehearsalAnswer> {
  const given = givenFacts(values);
  const launch = await launchFromFile(values, files);
  const rehearsal = await rehearsals.rehearse(launch, {
    ...number(values, 'runs'),
    ...number(values, 'seed'),
    ...number(values, 'true-lift', 'true_lift'),
    ...number(values, 'guardrail-harm', 'guardrail_harm'),
    ...number(values, 'returns-per-day', 'returns_per_day'),
    baselines: baselinesOf(launch, NOTHING_KNOWN, given),
    ...rehearsedTraffic(NOTHING_KNOWN, given),
  });
  return namingOptions(rehearsalAnswer(rehearsal, NOTHING_KNOWN, given));
}

function parse(argv: string[]) {
  const option = { type: 'string' } as const;
  const options = {
    ...PLAN_OPTIONS,
    runs: option,
    seed: option,
    'true-lift': option,
    'guardrail-harm': option,
    'returns-per-day': option,
  };
  return parseOptions({ args: argv, options, allowPositionals: true });
}

/** The option as a field of `rehearse`; nothing if it is not given. */
function number(
  values: Readonly<Record<string, unknown>>,
  name: string,
  field = name,
): Record<string, number> {
  const text = values[name];
  if (typeof text !== 'string') return {};
  const value = numberIn(text);
  const isInteger = name === 'runs' || name === 'seed';
  if (!(value > 0) || !Number.isFinite(value) || (isInteger && !Number.isInteger(value))) {
    const message = `must be ${isInteger ? 'an integer' : 'a number'} greater than 0`;
    throw validationFailed([{ path: name, code: 'out_of_range', message }]);
  }
  return { [field]: value };
}
