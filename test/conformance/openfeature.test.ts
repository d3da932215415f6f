import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildJavascript } from '../agreement/peers.js';
import { eventually, Rampart } from '../e2e/harness.js';
import { KNOWN_EXCEPTIONS } from './exceptions.js';
import { flagDefinitions } from './flags.js';
import { Gateway } from './gateway.js';
import type { ProviderUnderTest } from './provider.js';
import { pythonProvider } from './python-providers.js';
import { scenariosOf, type Scenario } from './scenarios.js';
import { ofrepServerProvider, rampartServerProvider } from './server-providers.js';
import { SHORT_TIMEOUT_MS, ExpectationFailed, type Gateways } from './scenario-run.js';
import { run } from './steps.js';
import { pageFiles, webProvider } from './web-providers.js';

const SPECIFICATION = join(import.meta.dirname, '..', 'reference', 'openfeature');
const SCENARIOS: Scenario[] = [
  ...scenariosOf(join(SPECIFICATION, 'evaluation_v2.feature')),
  // Its flag is not in test-flags.json.
  ...scenariosOf(join(SPECIFICATION, 'evaluation.feature')).filter(
    ({ name }) => name !== 'Resolves based on context',
  ),
  ...scenariosOf(join(import.meta.dirname, 'code-default.feature')),
];

const PROVIDERS: Record<string, () => Promise<ProviderUnderTest>> = {
  'Rampart for JavaScript servers': rampartServerProvider,
  'OFREP for JavaScript servers': ofrepServerProvider,
  'Rampart for pages': () => webProvider('rampart'),
  'OFREP for pages': () => webProvider('ofrep'),
  'Rampart for Python': () => pythonProvider('rampart'),
  'OFREP for Python': () => pythonProvider('ofrep'),
};

let rampart: Rampart;
let gateways: Gateways;
const opened: Gateway[] = [];

beforeAll(async () => {
  await buildJavascript();
  rampart = await Rampart.start();
  for (const definition of flagDefinitions()) {
    const { status, body } = await rampart.call('PUT', `/v1/flags/${definition.flag_id}`, definition);
    expect([status, body['errors']]).toEqual([201, undefined]);
  }
  const { body } = await rampart.call('POST', '/v1/keys', { name: 'conformance', role: 'server' });
  const key = body['key'] as string;
  const last = flagDefinitions().at(-1)!.flag_id;
  await eventually(async () => {
    const headers = { authorization: `Bearer ${key}` };
    return (await rampart.call('POST', `/ofrep/v1/evaluate/flags/${last}`, {}, headers)).status === 200;
  });
  const files = await pageFiles();
  const gateway = async (settings: Partial<Gateway> = {}): Promise<Gateway> => {
    const started = Object.assign(await Gateway.start(rampart.url, files), settings);
    opened.push(started);
    return started;
  };
  gateways = {
    key,
    open: await gateway(),
    silent: await gateway({ passage: 'silent' }),
    torn: await gateway({ passage: 'torn' }),
    fading: await gateway({ staleAfterMs: 300 }),
  };
}, 300_000);

afterAll(async () => {
  await Promise.all(opened.map((gateway) => gateway.close()));
  await rampart.dispose();
});

function exceptionFor(provider: string, { name }: Scenario) {
  return KNOWN_EXCEPTIONS.find(
    ({ providers, scenario }) => providers.includes(provider) && scenario.test(name),
  );
}

describe.each(Object.entries(PROVIDERS))('%s', (name, start) => {
  let provider: ProviderUnderTest;
  beforeAll(async () => {
    provider = await start();
  }, 300_000);
  afterAll(async () => {
    await provider.close();
  });

  for (const scenario of SCENARIOS) {
    const exception = exceptionFor(name, scenario);
    if (!exception) {
      it(scenario.name, () => run(scenario, provider, gateways));
      continue;
    }
    it(`${scenario.name}: a known exception`, async () => {
      const failure = await run(scenario, provider, gateways, SHORT_TIMEOUT_MS).catch(
        (error: unknown) => error,
      );
      const message = `it passes now: remove it from the exceptions (${exception.reason})`;
      expect(failure, message).toBeInstanceOf(ExpectationFailed);
      expect((failure as ExpectationFailed).message).toMatch(exception.observed);
    });
  }
});

it('every exception is for a scenario', () => {
  const used = KNOWN_EXCEPTIONS.filter(({ providers, scenario }) =>
    providers.every((provider) => provider in PROVIDERS && SCENARIOS.some(({ name }) => scenario.test(name))),
  );
  expect(used).toEqual(KNOWN_EXCEPTIONS);
});
