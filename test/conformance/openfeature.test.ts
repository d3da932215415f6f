import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildJavascript } from '../agreement/peers.js';
import { eventually, Rampart } from '../e2e/harness.js';
import { EXCEPTIONS } from './exceptions.js';
import { definitions } from './flags.js';
import { Gateway } from './gateway.js';
import type { ProviderUnderTest } from './provider.js';
import { pythonProvider } from './python-providers.js';
import { scenariosOf, type Scenario } from './scenarios.js';
import { ofrepServerProvider, rampartServerProvider } from './server-providers.js';
import { IMPATIENCE_MS, Unfulfilled, type Surroundings } from './scenario-run.js';
import { run } from './steps.js';
import { pageFiles, webProvider } from './web-providers.js';

const SPECIFICATION = join(import.meta.dirname, '..', 'reference', 'openfeature');
const SCENARIOS: Scenario[] = [
  ...scenariosOf(join(SPECIFICATION, 'evaluation_v2.feature')),
  // Its flag is not among those of test-flags.json.
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
let around: Surroundings;
const gateways: Gateway[] = [];

beforeAll(async () => {
  await buildJavascript();
  rampart = await Rampart.start();
  for (const definition of definitions()) {
    const { status, body } = await rampart.call('PUT', `/v1/flags/${definition.flag_id}`, definition);
    expect([status, body['errors']]).toEqual([201, undefined]);
  }
  const { body } = await rampart.call('POST', '/v1/keys', { name: 'conformance', role: 'server' });
  const key = body['key'] as string;
  const last = definitions().at(-1)!.flag_id;
  await eventually(async () => {
    const headers = { authorization: `Bearer ${key}` };
    return (await rampart.call('POST', `/ofrep/v1/evaluate/flags/${last}`, {}, headers)).status === 200;
  });
  const files = await pageFiles();
  const gateway = async (settings: Partial<Gateway> = {}): Promise<Gateway> => {
    const one = Object.assign(await Gateway.start(rampart.url, files), settings);
    gateways.push(one);
    return one;
  };
  around = {
    key,
    open: await gateway(),
    silent: await gateway({ passage: 'silent' }),
    torn: await gateway({ passage: 'torn' }),
    fading: await gateway({ staleAfterMs: 300 }),
  };
}, 300_000);

afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await rampart.dispose();
});

function exceptionFor(provider: string, { name }: Scenario) {
  return EXCEPTIONS.find(({ providers, scenario }) => providers.includes(provider) && scenario.test(name));
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
      it(scenario.name, () => run(scenario, provider, around));
      continue;
    }
    it(`${scenario.name}: is an exception`, async () => {
      const found = await run(scenario, provider, around, IMPATIENCE_MS).catch((error: unknown) => error);
      const message = `it applies now: take it out of the exceptions (${exception.reason})`;
      expect(found, message).toBeInstanceOf(Unfulfilled);
      expect((found as Unfulfilled).message).toMatch(exception.observed);
    });
  }
});

it('there is no exception without a scenario', () => {
  const used = EXCEPTIONS.filter(({ providers, scenario }) =>
    providers.every((provider) => provider in PROVIDERS && SCENARIOS.some(({ name }) => scenario.test(name))),
  );
  expect(used).toEqual(EXCEPTIONS);
});
