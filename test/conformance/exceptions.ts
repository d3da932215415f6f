/** Scenarios that do not hold for some providers. They run nevertheless, and must fail as described here. */
export interface KnownException {
  providers: readonly string[];
  scenario: RegExp;
  /** The message of the step that fails. */
  observed: RegExp;
  reason: string;
}

const RAMPART = ['Rampart for JavaScript servers', 'Rampart for pages', 'Rampart for Python'];
const [OFREP_SERVER, OFREP_PAGES, OFREP_PYTHON] = [
  'OFREP for JavaScript servers',
  'OFREP for pages',
  'OFREP for Python',
];

export const KNOWN_EXCEPTIONS: readonly KnownException[] = [
  {
    providers: [...RAMPART, OFREP_SERVER, OFREP_PYTHON],
    scenario: /^CACHED reason/,
    observed: /^reason is "STATIC", not "CACHED"$/,
    reason: 'it has no cache: each evaluation is made again',
  },
  {
    providers: [OFREP_PAGES],
    scenario: /^CACHED reason/,
    observed: /^reason is "STATIC", not "CACHED"$/,
    reason:
      'it uses CACHED for evaluations that the browser kept for the next page, not for a second evaluation',
  },
  {
    providers: RAMPART,
    scenario: /^Provider in fatal state error/,
    observed: /^error code is "PROVIDER_NOT_READY", not "PROVIDER_FATAL"$/,
    reason: 'no error is fatal: a rejected key may be created a moment later, so the provider keeps trying',
  },
  {
    providers: RAMPART,
    scenario: /^Provider status accessibility \(fatal\)/,
    observed: /^status is "ERROR", not "FATAL"$/,
    reason: 'no error is fatal: a rejected key may be created a moment later, so the provider keeps trying',
  },
  {
    providers: [OFREP_SERVER, OFREP_PYTHON],
    scenario: /^Provider (in fatal state|not ready) error/,
    observed: /^error code is "GENERAL", not "PROVIDER_(FATAL|NOT_READY)"$/,
    reason: 'it has no initialization: it is ready at once, and each evaluation fails on its own',
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
      'version 0.1.3 rejects a response without a value, although OFREP has it (codeDefaultFlag): GENERAL, “does not match the expected format”',
  },
  {
    providers: [OFREP_PYTHON],
    scenario: /^(DISABLED reason|Flag without a default variant)/,
    observed: /^reason is "ERROR", not "(DISABLED|DEFAULT)"$/,
    reason:
      'version 0.3.0 rejects a response without a variant, although OFREP makes it optional: GENERAL, KeyError',
  },
  {
    providers: [OFREP_PYTHON],
    scenario: /\(Float float-(targeted-)?zero-flag\)$/,
    observed: /^value is (0\.1|1), not 0$/,
    reason:
      'version 0.3.0 accepts the number 0 as an integer only, but JSON has one type of numbers: TYPE_MISMATCH',
  },
  {
    providers: [OFREP_PYTHON],
    scenario: /^Type mismatch error \(Integer boolean-flag\)$/,
    observed: /^value is true, not 1$/,
    reason: 'version 0.3.0 accepts true as an integer, as Python’s isinstance does',
  },
  {
    providers: [OFREP_PYTHON],
    scenario: /^Asynchronous flag evaluation/,
    observed: /^blocked is true, not false$/,
    reason:
      'version 0.3.0 has no asynchronous evaluation: it blocks the event loop until the server responds',
  },
  {
    providers: ['Rampart for Python', OFREP_PYTHON],
    scenario: /^Evaluation context immutability/,
    observed: /^frozen is false, not true$/,
    reason: 'details of the Python SDK have metadata as a plain dict, whatever the provider',
  },
];
