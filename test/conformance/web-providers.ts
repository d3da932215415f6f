import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { build } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { Conformance } from './page.js';
import type { Connection, ObservedEvaluation, ProviderUnderTest, EvaluationRequest } from './provider.js';
import { JAVASCRIPT_SDK } from './server-providers.js';

/** No sandbox, because this may run in a container, and no background traffic. */
const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** The files of the page that providers run in, by path. The JavaScript SDK must have been built. */
export async function pageFiles(): Promise<Map<string, { type: string; body: string }>> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'page.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    // The page loads the published provider as it is.
    external: ['/rampart.js'],
    write: false,
  });
  const script = (body: string): { type: string; body: string } => ({ type: 'text/javascript', body });
  return new Map([
    ['/', { type: 'text/html', body: '<!doctype html><script type="module" src="/page.js"></script>' }],
    ['/page.js', script(outputFiles[0]!.text)],
    ['/rampart.js', script(readFileSync(join(JAVASCRIPT_SDK, 'web.js'), 'utf8'))],
  ]);
}

/** CHROMIUM_PATH, else chromium on the PATH. @throws where there is none, saying what to do */
function chromiumPath(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const path =
    process.env['CHROMIUM_PATH'] ?? folders.map((folder) => join(folder, 'chromium')).find(existsSync);
  if (path === undefined) throw new Error('put chromium on the PATH, or its path into CHROMIUM_PATH');
  return path;
}

/** A provider in a page. The page's origin is also the server that it connects to. */
class WebProvider implements ProviderUnderTest {
  private origin = '';

  constructor(
    private readonly name: string,
    private readonly browser: Browser,
    private readonly page: Page,
  ) {}

  async connect(connection: Connection): Promise<void> {
    if (this.origin !== connection.url) await this.page.goto(connection.url);
    this.origin = connection.url;
    await this.page.waitForFunction('globalThis.conformance !== undefined');
    await this.call('connect', connection);
  }

  evaluate(request: EvaluationRequest): Promise<ObservedEvaluation> {
    return this.call('evaluate', request) as Promise<ObservedEvaluation>;
  }

  status(): Promise<string> {
    return this.call('status') as Promise<string>;
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  private call(method: keyof Conformance, argument: object = {}): Promise<unknown> {
    return this.page.evaluate(
      ([name, called, given]) => {
        type Methods = Record<string, (name: string, given: object) => Promise<unknown>>;
        const { conformance } = globalThis as unknown as { conformance: Methods };
        return conformance[called]!(name, given);
      },
      [this.name, method, argument] as const,
    );
  }
}

export async function webProvider(name: 'rampart' | 'ofrep'): Promise<ProviderUnderTest> {
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ARGS });
  return new WebProvider(name, browser, await browser.newPage());
}
