/** Scenarios that do not apply to providers. They are run all the same, and must then end as said here. */
export interface Exception {
  providers: readonly string[];
  scenario: RegExp;
  /** What the step that is not fulfilled says. */
  observed: RegExp;
  reason: string;
}

const RAMPART = ['Rampart for JavaScript servers', 'Rampart for pages', 'Rampart for Python'];
const [OFREP_SERVER, OFREP_PAGES, OFREP_PYTHON] = [
  'OFREP for JavaScript servers',
  'OFREP for pages',
  'OFREP for Python',
];

export const EXCEPTIONS: readonly Exception[] = [
  {
    providers: [...RAMPART, OFREP_SERVER, OFREP_PYTHON],
    scenario: /^CACHED reason/,
    observed: /^reason is "STATIC", not "CACHED"$/,
    reason: 'it keeps no answers: each evaluation is made anew',
  },
  {
    providers: [OFREP_PAGES],
    scenario: /^CACHED reason/,
    observed: /^reason is "STATIC", not "CACHED"$/,
    reason:
      'CACHED are to it the answers that the browser kept for the next page, not those of a second evaluation',
  },
  {
    providers: RAMPART,
    scenario: /^Provider in fatal state error/,
    observed: /^error code is "PROVIDER_NOT_READY", not "PROVIDER_FATAL"$/,
    reason: 'nothing is fatal to it: a key that is refused may be made a moment later, and it asks on',
  },
  {
    providers: RAMPART,
    scenario: /^Provider status accessibility \(fatal\)/,
    observed: /^status is "ERROR", not "FATAL"$/,
    reason: 'nothing is fatal to it: a key that is refused may be made a moment later, and it asks on',
  },
  {
    providers: [OFREP_SERVER, OFREP_PYTHON],
    scenario: /^Provider (in fatal state|not ready) error/,
    observed: /^error code is "GENERAL", not "PROVIDER_(FATAL|NOT_READY)"$/,
    reason: 'it has no initialization, so that it is ready at once and each evaluation fails by itself',
  },
  {
    providers: [OFREP_SERVER, OFREP_PYTHON],
    scenario: /^Provider status accessibility \((not ready|error|fatal|stale)\)/,
    observed: /^status is "READY", not "(NOT_READY|ERROR|FATAL|STALE)"$/,
    reason: 'it has no initialization and no events: it is always ready',
  },
  {
    providers: [OFREP_SERVER],
    scenario: /^(DISABLED reason|Flag without a default variant)/,
    observed: /^reason is "ERROR", not "(DISABLED|DEFAULT)"$/,
    reason:
      'version 0.1.3 takes no answer without a value, although OFREP has it (codeDefaultFlag): GENERAL, “does not match the expected format”',
  },
  {
    providers: [OFREP_PYTHON],
    scenario: /^(DISABLED reason|Flag without a default variant)/,
    observed: /^reason is "ERROR", not "(DISABLED|DEFAULT)"$/,
    reason:
      'version 0.3.0 takes no answer without a variant, although OFREP makes it optional: GENERAL, KeyError',
  },
  {
    providers: [OFREP_PYTHON],
    scenario: /\(Float float-(targeted-)?zero-flag\)$/,
    observed: /^value is (0\.1|1), not 0$/,
    reason:
      'version 0.3.0 takes the number 0 for an integer only, and JSON has one kind of number: TYPE_MISMATCH',
  },
  {
    providers: [OFREP_PYTHON],
    scenario: /^Type mismatch error \(Integer boolean-flag\)$/,
    observed: /^value is true, not 1$/,
    reason: 'version 0.3.0 takes true for an integer, as Python’s isinstance does',
  },
  {
    providers: [OFREP_PYTHON],
    scenario: /^Asynchronous flag evaluation/,
    observed: /^blocked is true, not false$/,
    reason:
      'version 0.3.0 has no asynchronous evaluation: it holds up the event loop until the server answers',
  },
  {
    providers: ['Rampart for Python', OFREP_PYTHON],
    scenario: /^Evaluation context immutability/,
    observed: /^frozen is false, not true$/,
    reason: 'details of the Python SDK hold metadata as a plain dict, whatever the provider',
  },
];
