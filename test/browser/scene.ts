import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from '../../src/bin/http.js';
import { FLAGS } from '../../src/bin/demo-definitions.js';
import { simulateUsers, type Traffic } from '../../src/bin/simulate.js';
import { ADMIN_KEY, eventually, type Rampart } from '../e2e/harness.js';

/** Minutes of users make the pictures; the next step of the ramp takes a day, so that they stay as they are. */
const RAMP = [
  { coverage: 1, min_dwell: '2s' },
  { coverage: 10, min_dwell: '2s' },
  { coverage: 25, min_dwell: '24h' },
  { coverage: 50, min_dwell: '24h' },
  { coverage: 100 },
];

const POLICIES = {
  careful: { description: 'Four days to everybody.', ramp: RAMP, poll: { ramping: '2s', running: '1h' } },
  with_approval: {
    description: 'Somebody agrees before more people see it.',
    ramp: [{ coverage: 5, min_dwell: '1s', approval: true }, { coverage: 100 }],
    poll: { ramping: '2s', running: '1h' },
  },
  not_on_weekends: {
    description: 'Nothing advances while nobody watches.',
    freeze_windows: [
      { description: 'Weekends', cron: '0 0 * * 6', duration: '48h', time_zone: 'Europe/Berlin' },
    ],
  },
};

const SEGMENTS = {
  beta_users: { conditions: { beta: true } },
  premium: { conditions: { $or: [{ plan: 'premium' }, { spent: { $gte: 500 } }] } },
  nordic: { conditions: { country: { $in: ['DK', 'FI', 'NO', 'SE'] }, app_version: { $vgte: '9.2.0' } } },
};

interface Planned {
  name: string;
  hypothesis: string;
  policy_id: string;
  arms?: string[];
  isStarted?: boolean;
  layer_id?: string;
}

const EXPERIMENTS: Record<string, Planned> = {
  hybrid_reco: {
    name: 'Hybrid recommendations',
    hypothesis: 'Recommendations from taste and content together raise the click-through rate by 5 %.',
    policy_id: 'careful',
    arms: ['control', 'hybrid', 'content'],
    layer_id: 'home_page',
  },
  checkout_v2: { name: 'One-page checkout', hypothesis: 'Fewer people give up.', policy_id: 'demo' },
  price_page: { name: 'Yearly price first', hypothesis: 'More people stay.', policy_id: 'with_approval' },
  banner: { name: 'A banner for the sale', hypothesis: 'More people buy.', policy_id: 'standard' },
  welcome_mail: { name: 'A shorter welcome', hypothesis: 'More people come back.', policy_id: 'standard' },
  new_footer: {
    ...{ name: 'The new footer', hypothesis: 'Nobody minds.', policy_id: 'standard', isStarted: false },
  },
  // The last, so that somebody can watch it from its beginning.
  search_rank: {
    name: 'Search ranks by what people finish',
    hypothesis: 'People click more.',
    policy_id: 'demo',
  },
};

const TRAFFIC: Record<string, Traffic> = {
  hybrid_reco: {
    clickRate: { control: 0.2, hybrid: 0.27, content: 0.2 },
    errorRate: { control: 0.01, hybrid: 0.01, content: 0.02 },
  },
  search_rank: {
    clickRate: { control: 0.2, treatment: 0.34 },
    errorRate: { control: 0.01, treatment: 0.01 },
  },
  checkout_v2: {
    clickRate: { control: 0.2, treatment: 0.2 },
    errorRate: { control: 0.01, treatment: 0.5 },
  },
};

/** The definitions and experiments that the pages show, each experiment begun. Users arrive until the short ones are over. */
export async function setScene(rampart: Rampart, users: AbortSignal): Promise<void> {
  const api = new Api(rampart.url, ADMIN_KEY);
  for (const [id, body] of Object.entries(POLICIES)) await api.call('PUT', `/v1/policies/${id}`, body);
  for (const [id, body] of Object.entries(SEGMENTS)) await api.call('PUT', `/v1/segments/${id}`, body);
  for (const flag of FLAGS) await api.call('PUT', `/v1/flags/${flag.flag_id}`, flag);
  await api.call('PUT', '/v1/flags/new_recommendation_ui', {
    ...FLAGS[0],
    rules: [{ conditions: { $inGroup: 'nordic' }, value: true }],
  });
  await api.call('PUT', '/v1/layers/home_page', { description: 'What is above the fold.' });
  await api.call('PUT', '/v1/holdouts/everybody_new', {
    share: 2,
    description: 'Sees nothing new for a year.',
  });
  for (const [id, planned] of Object.entries(EXPERIMENTS)) await begin(api, id, planned);
  const over = new AbortController();
  const signal = AbortSignal.any([users, over.signal]);
  for (const [id, traffic] of Object.entries(TRAFFIC)) void simulateUsers(api, id, traffic, signal);
  void untilSeen(api, ['search_rank', 'checkout_v2'], users).then(() => over.abort());
  await api.call('POST', '/v1/experiments/welcome_mail/pause', { reason: 'the mail provider is down' });
}

/** Units that make a picture worth looking at: no guardrail is blind any more. */
const UNITS_OF_PICTURES = 3_600;

/** Until experiments are over; and, where pictures are made, until the one on its ramp has evidence. */
async function untilSeen(api: Api, ids: readonly string[], signal: AbortSignal): Promise<void> {
  for (const id of ids) {
    const isOver = async (): Promise<boolean> => {
      const { body } = await api.answer('GET', `/v1/experiments/${id}`).catch(() => ({ body: {} as never }));
      return body['state'] === 'completed';
    };
    while (!signal.aborted && !(await isOver())) await sleep(1_000);
  }
  while (!signal.aborted && process.env['RAMPART_SCREENSHOTS'] !== undefined && !(await isPicturesque(api)))
    await sleep(1_000);
}

/** Whether the experiment on its ramp has the units of a picture. */
export async function isPicturesque(api: Api): Promise<boolean> {
  const { body } = await api.answer('GET', '/v1/experiments/hybrid_reco/results').catch(() => ({ body: {} }));
  const units = Object.values((body as { units?: Record<string, number> }).units ?? {});
  return units.reduce((sum, n) => sum + n, 0) >= UNITS_OF_PICTURES;
}

async function begin(api: Api, experiment_id: string, planned: Planned): Promise<void> {
  const { arms = ['control', 'treatment'], isStarted = true, layer_id, ...fields } = planned;
  const share = Math.floor(100 / arms.length);
  const variants = Object.fromEntries(
    arms.map((arm, index) => [arm, { traffic: index === 0 ? 100 - share * (arms.length - 1) : share }]),
  );
  await api.call('POST', '/v1/experiments', {
    ...{ experiment_id, ...fields, variants, owner: 'ada' },
    ...(layer_id !== undefined && { layer_id }),
    success_metrics: {
      primary: ['click_through_rate'],
      secondary: ['engagement_time'],
      guardrail: ['error_rate', 'latency_p95'],
    },
  });
  if (!isStarted) return;
  const duration = fields.policy_id === 'demo' ? '8m' : '20d';
  await api.call('POST', `/v1/experiments/${experiment_id}/start`, { duration });
  await eventually(async () => {
    const { state } = await api.call('GET', `/v1/experiments/${experiment_id}`);
    return state !== 'draft' && state !== 'scheduled' && state !== 'queued';
  });
}
