import type { ProviderUnderTest } from './provider.js';
import { TIMEOUT_MS, ScenarioRun, assertSame, valueOf, type Gateways } from './scenario-run.js';
import type { Scenario, ScenarioStep } from './scenarios.js';

/** Longer than other processes may keep this one from running. */
const SLOW_RESPONSE_MS = 300;

/** What a step does; `words` are the matches of the pattern's groups. */
type StepAction = (run: ScenarioRun, words: string[], table: ScenarioStep['table']) => Promise<void> | void;

const STEPS: [pattern: RegExp, act: StepAction][] = [
  // evaluation_v2.feature
  [/^an? ((?:not )?\w+) provider$/, (run, [state]) => run.connect(state!)],
  [
    /^an? (\w+)-flag with key "([^"]*)" and a fallback value "(.*)"$/,
    (run, [type, key, fallback]) => run.setRequest(type!, key!, fallback!),
  ],
  [
    /^a context containing a key "([^"]*)", with type "(\w+)" and with value "(.*)"$/,
    (run, [key, type, value]) => void (run.request.context[key!] = valueOf(type!, value!)),
  ],
  [
    /^a context containing a key "([^"]*)" with null value$/,
    (run, [key]) => void (run.request.context[key!] = null),
  ],
  [/^the flag was evaluated with details(?: using the evaluation options)?$/, (run) => run.evaluate()],
  [/^the resolved details value should be "(.*)"$/, (run, [value]) => run.assertValue(value!)],
  [/^the reason should be "(\w+)"$/, (run, [reason]) => assertSame('reason', run.details.reason, reason)],
  [
    /^the error-code should be "(\w+)"$/,
    (run, [code]) => assertSame('error code', run.details.errorCode, code),
  ],
  [/^the flag key should be "(.*)"$/, (run, [key]) => assertSame('flag key', run.details.flagKey, key)],
  [
    /^the variant should be "([^"]*)"$/,
    (run, [variant]) => assertSame('variant', run.details.variant, variant),
  ],
  [
    /^the resolved metadata should contain$/,
    (run, _words, table) => {
      for (const { key, metadata_type, value } of table)
        assertSame(`metadata ${key}`, run.details.flagMetadata[key!], valueOf(metadata_type!, value!));
    },
  ],
  [/^the provider status should be "(\w+)"$/, (run, [status]) => run.assertStatus(status!)],
  [/^evaluation options containing specific hooks$/, (run) => void (run.request.hooks = ['first', 'second'])],
  [
    /^the specified hooks should execute during evaluation$/,
    (run) => {
      for (const hook of run.request.hooks)
        assertSame(`stages of ${hook}`, run.details.stages.filter((stage) => stage.endsWith(hook)).sort(), [
          `after ${hook}`,
          `before ${hook}`,
          `finally ${hook}`,
        ]);
    },
  ],
  [
    /^the hook order should be maintained$/,
    // Requirement 4.4.2: `before` in the given order, all other stages in reverse.
    (run) =>
      assertSame('order of hooks', run.details.stages, [
        ...['before first', 'before second', 'after second', 'after first'],
        ...['finally second', 'finally first'],
      ]),
  ],
  [
    /^an evaluation context with modifiable data$/,
    (run) => void (run.request.context = { email: 'ballmer@none.com', nested: { list: [1, { a: 2 }] } }),
  ],
  [
    /^the original evaluation context should remain unmodified$/,
    (run) => assertSame('context', run.details.context, run.request.context),
  ],
  [/^the evaluation details should be immutable$/, (run) => assertSame('frozen', run.details.frozen, true)],
  [
    /^the flag was evaluated with details asynchronously$/,
    async (run) => {
      const { open } = run.gateways;
      open.delayMs = SLOW_RESPONSE_MS;
      try {
        await run.evaluate();
      } finally {
        open.delayMs = 0;
      }
    },
  ],
  [
    /^the evaluation should complete without blocking$/,
    (run) => assertSame('blocked', run.details.stalledMs >= SLOW_RESPONSE_MS, false),
  ],

  // evaluation.feature, deprecated
  [
    /^an? (\w+) flag with key "(.*)" is evaluated with(?: details and)? default value "?([^"]*)"?$/,
    (run, [type, key, fallback]) => {
      run.setRequest(capitalised(type!), key!, fallback!);
      return run.evaluate();
    },
  ],
  [
    /^an object flag with key "(.*)" is evaluated with (?:details and )?a null default value$/,
    (run, [key]) => {
      run.setRequest('Object', key!, 'null');
      return run.evaluate();
    },
  ],
  [
    /^a non-existent string flag with key "(.*)" is evaluated with details and a fallback value "(.*)"$/,
    (run, [key, fallback]) => {
      run.setRequest('String', key!, fallback!);
      return run.evaluate();
    },
  ],
  [
    /^a string flag with key "(.*)" is evaluated as an integer, with details and a fallback value (\d+)$/,
    (run, [key, fallback]) => {
      run.setRequest('Integer', key!, fallback!);
      return run.evaluate();
    },
  ],
  [/^the resolved (?!details)\w+ value should be "?([^"]*)"?$/, (run, [value]) => run.assertValue(value!)],
  [
    /^the resolved \w+ details value should be "?([^",]*)"?, the variant should be "(.*)", and the reason should be "(.*)"$/,
    (run, [value, variant, reason]) => {
      run.assertValue(value!);
      assertSame('variant', run.details.variant, variant);
      assertSame('reason', run.details.reason, reason);
    },
  ],
  [
    /^the resolved object (?:details )?value should be contain fields "(.*)", "(.*)", and "(.*)", with values "(.*)", "(.*)" and (\d+), respectively$/,
    (run, [first, second, third, isShown, title, perPage]) =>
      assertSame('value', run.details.value, {
        [first!]: isShown === 'true',
        [second!]: title,
        [third!]: Number(perPage),
      }),
  ],
  [
    /^the variant should be "(\w+)", and the reason should be "(\w+)"$/,
    (run, [variant, reason]) => {
      assertSame('variant', run.details.variant, variant);
      assertSame('reason', run.details.reason, reason);
    },
  ],
  [
    /^the default \w+ value should be returned$/,
    (run) => assertSame('value', run.details.value, run.request.fallback),
  ],
  [
    /^the reason should indicate an error and the error code should indicate .* with "(.*)"$/,
    (run, [code]) => {
      assertSame('reason', run.details.reason, 'ERROR');
      assertSame('error code', run.details.errorCode, code);
    },
  ],
];

function capitalised(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}

/** @throws {Error} where no pattern matches the step, or several do */
function stepFor({ text }: ScenarioStep): [act: StepAction, words: string[]] {
  const matches = STEPS.flatMap(([pattern, act]) => {
    const match = pattern.exec(text);
    return match ? [[act, match.slice(1)] as [StepAction, string[]]] : [];
  });
  if (matches.length !== 1) throw new Error(`${matches.length} steps for: ${text}`);
  return matches[0]!;
}

/** @throws {Unfulfilled} */
export async function run(
  { steps }: Scenario,
  provider: ProviderUnderTest,
  gateways: Gateways,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  const scenario = new ScenarioRun(provider, gateways, timeoutMs);
  for (const step of steps) {
    const [act, words] = stepFor(step);
    await act(scenario, words, step.table);
  }
}
