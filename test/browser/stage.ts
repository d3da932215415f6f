import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { Api } from '../../src/bin/http.js';
import { simulateUsers, type Traffic } from '../../src/bin/simulate.js';
import { ADMIN_KEY, Rampart } from '../e2e/harness.js';

/** No sandbox, because this may run in a container, and no background traffic. */
const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

export const WIDE = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

export interface Look {
  viewport?: { width: number; height: number };
  theme?: 'light' | 'dark';
  /** Null: nobody is signed in. */
  key?: string | null;
}

/** The real product and one browser for all pages' tests. */
export class Stage {
  constructor(
    readonly rampart: Rampart,
    readonly browser: Browser,
  ) {}

  static async open(environment: Record<string, string> = {}, port?: number): Promise<Stage> {
    const rampart = await Rampart.start(environment, port);
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: ARGS });
    return new Stage(rampart, browser);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.rampart.dispose();
  }

  /** A page as somebody sees it. What its console calls an error fails the test that closes it. */
  async page({ viewport = WIDE, theme = 'light', key = ADMIN_KEY }: Look = {}): Promise<Visit> {
    const context = await this.browser.newContext({ viewport, colorScheme: theme });
    if (key !== null) {
      const answer = await context.request.post(`${this.rampart.url}/v1/session`, { data: { key } });
      if (!answer.ok()) throw new Error(`no sign-in: ${await answer.text()}`);
    }
    return new Visit(this.rampart.url, context, await context.newPage());
  }

  /** An experiment under the demonstration policy, with users until the signal. */
  async experiment(experiment_id: string, traffic: Traffic, signal: AbortSignal): Promise<void> {
    const { rampart } = this;
    await rampart.call('POST', '/v1/experiments', {
      experiment_id,
      name: `The life of ${experiment_id}`,
      hypothesis: 'People click more.',
      policy_id: 'demo',
      owner: 'ada',
      variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
      success_metrics: { primary: ['click_through_rate'], guardrail: ['error_rate'] },
    });
    await rampart.call('POST', `/v1/experiments/${experiment_id}/start`, { duration: '8m' });
    void simulateUsers(new Api(rampart.url, ADMIN_KEY), experiment_id, traffic, signal);
  }
}

/** One visitor's page, and all that its console complained of. */
export class Visit {
  readonly complaints: string[] = [];

  constructor(
    private readonly url: string,
    private readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  readonly goto = async (path: string): Promise<void> => {
    await this.page.goto(`${this.url}${path}`);
  };

  readonly cookies = (): Promise<{ name: string; httpOnly: boolean }[]> => this.context.cookies();

  async close(): Promise<void> {
    await this.context.close();
  }
}

/** CHROMIUM_PATH, else chromium on the PATH. @throws where there is none, saying what to do */
function chromiumPath(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const path =
    process.env['CHROMIUM_PATH'] ?? folders.map((folder) => join(folder, 'chromium')).find(existsSync);
  if (path === undefined) throw new Error('put chromium on the PATH, or its path into CHROMIUM_PATH');
  return path;
}
