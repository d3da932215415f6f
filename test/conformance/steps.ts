import type { ProviderUnderTest } from './provider.js';
import { PATIENCE_MS, Run, same, valueOf, type Surroundings } from './scenario-run.js';
import type { Scenario, Step } from './scenarios.js';

/** Longer than what else the machine does may stop a process for. */
const SLOW_ANSWER_MS = 300;

/** What a step does; its words are what the pattern's groups matched. */
type Act = (run: Run, words: string[], table: Step['table']) => Promise<void> | void;

const STEPS: [pattern: RegExp, act: Act][] = [
  // evaluation_v2.feature
  [/^an? ((?:not )?\w+) provider$/, (run, [state]) => run.connect(state!)],
  [
    /^an? (\w+)-flag with key "([^"]*)" and a fallback value "(.*)"$/,
    (run, [type, key, fallback]) => run.ask(type!, key!, fallback!),
  ],
  [
    /^a context containing a key "([^"]*)", with type "(\w+)" and with value "(.*)"$/,
    (run, [key, type, value]) => void (run.question.context[key!] = valueOf(type!, value!)),
  ],
  [
    /^a context containing a key "([^"]*)" with null value$/,
    (run, [key]) => void (run.question.context[key!] = null),
  ],
  [/^the flag was evaluated with details(?: using the evaluation options)?$/, (run) => run.evaluate()],
  [/^the resolved details value should be "(.*)"$/, (run, [value]) => run.valueIs(value!)],
  [/^the reason should be "(\w+)"$/, (run, [reason]) => same('reason', run.details.reason, reason)],
  [/^the error-code should be "(\w+)"$/, (run, [code]) => same('error code', run.details.errorCode, code)],
  [/^the flag key should be "(.*)"$/, (run, [key]) => same('flag key', run.details.flagKey, key)],
  [/^the variant should be "([^"]*)"$/, (run, [variant]) => same('variant', run.details.variant, variant)],
  [
    /^the resolved metadata should contain$/,
    (run, _words, table) => {
      for (const { key, metadata_type, value } of table)
        same(`metadata ${key}`, run.details.flagMetadata[key!], valueOf(metadata_type!, value!));
    },
  ],
  [/^the provider status should be "(\w+)"$/, (run, [status]) => run.statusIs(status!)],
  [
    /^evaluation options containing specific hooks$/,
    (run) => void (run.question.hooks = ['first', 'second']),
  ],
  [
    /^the specified hooks should execute during evaluation$/,
    (run) => {
      for (const hook of run.question.hooks)
        same(`stages of ${hook}`, run.details.stages.filter((stage) => stage.endsWith(hook)).sort(), [
          `after ${hook}`,
          `before ${hook}`,
          `finally ${hook}`,
        ]);
    },
  ],
  [
    /^the hook order should be maintained$/,
    // Requirement 4.4.2: before in the order given, all others in the opposite one.
    (run) =>
      same('order of hooks', run.details.stages, [
        ...['before first', 'before second', 'after second', 'after first'],
        ...['finally second', 'finally first'],
      ]),
  ],
  [
    /^an evaluation context with modifiable data$/,
    (run) => void (run.question.context = { email: 'ballmer@none.com', nested: { list: [1, { a: 2 }] } }),
  ],
  [
    /^the original evaluation context should remain unmodified$/,
    (run) => same('context', run.details.context, run.question.context),
  ],
  [/^the evaluation details should be immutable$/, (run) => same('frozen', run.details.frozen, true)],
  [
    /^the flag was evaluated with details asynchronously$/,
    async (run) => {
      const { open } = run.around;
      open.delayMs = SLOW_ANSWER_MS;
      try {
        await run.evaluate();
      } finally {
        open.delayMs = 0;
      }
    },
  ],
  [
    /^the evaluation should complete without blocking$/,
    (run) => same('blocked', run.details.stalledMs >= SLOW_ANSWER_MS, false),
  ],

  // evaluation.feature, deprecated
  [
    /^an? (\w+) flag with key "(.*)" is evaluated with(?: details and)? default value "?([^"]*)"?$/,
    (run, [type, key, fallback]) => {
      run.ask(capitalised(type!), key!, fallback!);
      return run.evaluate();
    },
  ],
  [
    /^an object flag with key "(.*)" is evaluated with (?:details and )?a null default value$/,
    (run, [key]) => {
      run.ask('Object', key!, 'null');
      return run.evaluate();
    },
  ],
  [
    /^a non-existent string flag with key "(.*)" is evaluated with details and a fallback value "(.*)"$/,
    (run, [key, fallback]) => {
      run.ask('String', key!, fallback!);
      return run.evaluate();
    },
  ],
  [
    /^a string flag with key "(.*)" is evaluated as an integer, with details and a fallback value (\d+)$/,
    (run, [key, fallback]) => {
      run.ask('Integer', key!, fallback!);
      return run.evaluate();
    },
  ],
  [/^the resolved (?!details)\w+ value should be "?([^"]*)"?$/, (run, [value]) => run.valueIs(value!)],
  [
    /^the resolved \w+ details value should be "?([^",]*)"?, the variant should be "(.*)", and the reason should be "(.*)"$/,
    (run, [value, variant, reason]) => {
      run.valueIs(value!);
      same('variant', run.details.variant, variant);
      same('reason', run.details.reason, reason);
    },
  ],
  [
    /^the resolved object (?:details )?value should be contain fields "(.*)", "(.*)", and "(.*)", with values "(.*)", "(.*)" and (\d+), respectively$/,
    (run, [first, second, third, isShown, title, perPage]) =>
      same('value', run.details.value, {
        [first!]: isShown === 'true',
        [second!]: title,
        [third!]: Number(perPage),
      }),
  ],
  [
    /^the variant should be "(\w+)", and the reason should be "(\w+)"$/,
    (run, [variant, reason]) => {
      same('variant', run.details.variant, variant);
      same('reason', run.details.reason, reason);
    },
  ],
  [
    /^the default \w+ value should be returned$/,
    (run) => same('value', run.details.value, run.question.fallback),
  ],
  [
    /^the reason should indicate an error and the error code should indicate .* with "(.*)"$/,
    (run, [code]) => {
      same('reason', run.details.reason, 'ERROR');
      same('error code', run.details.errorCode, code);
    },
  ],
];

function capitalised(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}

/** @throws {Error} where a step is not known, or stands for several */
function stepFor({ text }: Step): [act: Act, words: string[]] {
  const found = STEPS.flatMap(([pattern, act]) => {
    const match = pattern.exec(text);
    return match ? [[act, match.slice(1)] as [Act, string[]]] : [];
  });
  if (found.length !== 1) throw new Error(`${found.length} steps for: ${text}`);
  return found[0]!;
}

/** @throws {Unfulfilled} */
export async function run(
  { steps }: Scenario,
  provider: ProviderUnderTest,
  around: Surroundings,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const scenario = new Run(provider, around, patienceMs);
  for (const step of steps) {
    const [act, words] = stepFor(step);
    await act(scenario, words, step.table);
  }
}
