import { ConfigError } from '../config.js';
import type { CommandName } from '../lifecycle/commands.js';
import type { ClientOptions, OptionName } from './client-options.js';
import { followStop, stopPath, watchExperiment } from './follow.js';
import type { Api } from './http.js';
import { orProblem, readJson, show, showAs } from './output.js';
import { resultsText } from './results-text.js';
import { WEBHOOK_USAGE, webhooksCommand } from './webhook-commands.js';

export interface ClientCommand {
  /** Its arguments and options, as `help` shows them. Those that begin with `--` are its options. */
  usage: string;
  summary: string;
  /** Answers the exit code; `incomplete` if an argument or option is missing. */
  run(call: ClientCall): Promise<number> | 'incomplete';
}

interface ClientCall {
  api: Api;
  options: ClientOptions;
  positionals: string[];
}

async function ask(api: Api, method: string, path: string, body?: unknown): Promise<number> {
  return show(await api.answer(method, path, body));
}

/** A command whose first argument is an id. */
function withId(
  usage: string,
  summary: string,
  run: (id: string, call: ClientCall) => Promise<number> | 'incomplete',
): ClientCommand {
  return {
    usage,
    summary,
    run: (call) => (call.positionals[0] === undefined ? 'incomplete' : run(call.positionals[0], call)),
  };
}

const experimentPath = (id: string): string => `/v1/experiments/${encodeURIComponent(id)}`;

/** A command that posts its options to `/v1/experiments/{id}/{name}`. */
function post(name: string, options: string, summary: string): ClientCommand {
  // Every command may have a reason.
  const usage = `ID ${options.includes('--reason') ? options : `${options} [--reason TEXT]`.trim()}`;
  return withId(usage, summary, (id, { api, options: { reason, variant, coverage, unit, ...rest } }) =>
    ask(api, 'POST', `${experimentPath(id)}/${name}`, {
      reason,
      variant,
      coverage: coverage === undefined ? undefined : Number(coverage.replace(/\s*%$/, '')),
      end_date: rest['end-date'],
      unit_ids: unit,
    }),
  );
}

/** The commands of a running experiment: a new one that is missing here does not compile. */
const LIFECYCLE: Record<CommandName, ClientCommand> = {
  pause: post('pause', '', 'stop its progress; what is served stays'),
  resume: post('resume', '', 'let it progress again'),
  advance: post('advance', '', 'take the next ramp step now'),
  ramp: post('ramp', '--coverage PERCENT', 'enrol more of the eligible units, or withdraw some'),
  drop: post('drop', '--variant V', 'take a treatment out'),
  close: post('close', '', 'enrol no more units'),
  extend: post('extend', '--end-date T', 'move its end to a later time'),
  conclude: post('conclude', '--variant V --reason TEXT', 'end it, with this variant as its outcome'),
  approve: post('approve', '', 'approve what it is waiting for'),
  reject: post('reject', '--reason TEXT', 'reject what it is waiting for'),
  stop: post('stop', '--reason TEXT', 'end it and roll back to the control'),
};

/** The names of the options in a usage. */
export function optionsIn({ usage }: ClientCommand): OptionName[] {
  return [...usage.matchAll(/--([a-z-]+)/g)].map(([, name]) => name as OptionName);
}

export const CLIENT_COMMANDS: Readonly<Record<string, ClientCommand>> = {
  create: {
    usage: 'FILE|-',
    summary: 'create a draft of an experiment',
    run: ({ api, positionals }) =>
      orProblem(async () => ask(api, 'POST', '/v1/experiments', await readJson(positionals))),
  },
  list: {
    usage: '[--state S] [--tag T] [--limit N]',
    summary: 'list experiments',
    run: ({ api, options: { state, tag, limit } }) =>
      ask(api, 'GET', `/v1/experiments${queryOf({ state, tag, limit })}`),
  },
  start: withId(
    'ID [--start-date now] [--duration 14d | --end-date T]',
    'start a draft',
    (id, { api, options }) =>
      ask(api, 'POST', `${experimentPath(id)}/start`, {
        start_date: options['start-date'],
        end_date: options['end-date'],
        duration: options.duration,
      }),
  ),
  get: withId('ID', 'show an experiment', (id, { api }) => ask(api, 'GET', experimentPath(id))),
  watch: withId('ID', 'print what happens to an experiment until it is over', (id, { api }) =>
    watchExperiment(api, experimentPath(id)),
  ),
  results: withId('ID', 'show the evidence of its last look', async (id, { api }) =>
    showAs(await api.answer('GET', `${experimentPath(id)}/results`), resultsText),
  ),
  ...LIFECYCLE,
  exclusions: post('exclusions', '--unit UNIT… --reason TEXT', 'exclude units from it for good'),
  override: withId(
    'ID --unit UNIT (--variant V | --lift)',
    'give a unit a variant, outside of the experiment',
    (id, { api, options: { unit = [], variant, lift } }) => {
      const [unit_id] = unit;
      if (unit_id === undefined || (variant === undefined) === !lift) return 'incomplete';
      const path = `${experimentPath(id)}/overrides/${encodeURIComponent(unit_id)}`;
      return lift ? ask(api, 'DELETE', path) : ask(api, 'PUT', path, { variant });
    },
  ),
  certificate: withId('ID N', 'show the certificate of decision N', (id, { api, positionals: [, n] }) =>
    n === undefined ? 'incomplete' : ask(api, 'GET', `${experimentPath(id)}/decisions/${n}/certificate`),
  ),
  rehearsal: withId('ID', 'rehearse it on simulated users', (id, { api }) =>
    ask(api, 'POST', `${experimentPath(id)}/rehearsals`, {}),
  ),
  backtest: withId(
    'ID --policy POLICY',
    'replay it under another policy',
    (id, { api, options: { policy } }) => ask(api, 'POST', `${experimentPath(id)}/backtests`, { policy }),
  ),
  evaluate: withId(
    "FLAG_ID [--unit UNIT] [--attributes '{…}']",
    'evaluate a flag',
    (id, { api, options: { unit, attributes } }) => {
      const context = { ...attributesIn(attributes), targetingKey: unit?.[0] };
      return ask(api, 'POST', `/ofrep/v1/evaluate/flags/${encodeURIComponent(id)}`, { context });
    },
  ),
  'opt-out': withId(
    'UNIT [--lift]',
    'take a unit out of every experiment',
    (id, { api, options: { lift } }) =>
      ask(api, lift ? 'DELETE' : 'PUT', `/v1/privacy/opt-outs/${encodeURIComponent(id)}`),
  ),
  privacy: {
    usage: '(export UNIT | erase UNIT [--keep-opt-out] | erasure ERASURE_ID | opt-outs [--limit N])',
    summary: 'show or remove everything that is held of a unit',
    run: ({ api, options, positionals }) => privacy(api, options, positionals),
  },
  keyring: {
    usage: '[rotate]',
    summary: 'show the keys that seal stored fields, or seal with a new one',
    run: ({ api, positionals: [action] }) =>
      action === undefined
        ? ask(api, 'GET', '/v1/keyring')
        : action === 'rotate'
          ? rotate(api)
          : 'incomplete',
  },
  'emergency-stop': {
    usage: '(--all | ID…) --reason TEXT [--wait]',
    summary: 'serve the control now, and roll back',
    run: ({ api, options: { all, reason, wait }, positionals }) =>
      all || positionals.length > 0
        ? emergencyStop(api, { reason, ...(!all && { experiment_ids: positionals }) }, wait ?? false)
        : 'incomplete',
  },
  'emergency-stops': {
    usage: '[STOP_ID] [--wait]',
    summary: 'list emergency stops, or report on one',
    run: ({ api, options: { wait }, positionals: [id] }) => {
      if (id === undefined) return ask(api, 'GET', '/v1/emergency-stops');
      return wait ? followStop(api, id) : ask(api, 'GET', stopPath(id));
    },
  },
  release: withId(
    'STOP_ID [--reason TEXT]',
    'lift the fence of an emergency stop',
    (id, { api, options: { reason } }) => ask(api, 'POST', `${stopPath(id)}/release`, { reason }),
  ),
  force: withId(
    'STOP_ID --reason TEXT',
    'end its pending experiments without their workflows',
    (id, { api, options: { reason } }) => ask(api, 'POST', `${stopPath(id)}/force`, { reason }),
  ),
  'stale-flags': {
    usage: '[--days 30]',
    summary: 'list flags that the code no longer needs',
    run: ({ api, options: { days } }) => ask(api, 'GET', `/v1/reports/stale-flags${queryOf({ days })}`),
  },
  webhooks: {
    usage: WEBHOOK_USAGE,
    summary: 'who hears of what, and what became of it',
    run: (call) => webhooksCommand(call),
  },
  keys: {
    usage: '(create --role ROLE --name NAME | rotate)',
    summary: 'create an API key, which is shown once; rotate is that of keyring',
    run: ({ api, options: { role, name }, positionals: [action] }) => {
      if (action === 'rotate') return rotate(api);
      return action === 'create' ? ask(api, 'POST', '/v1/keys', { role, name: name ?? role }) : 'incomplete';
    },
  },
};

function rotate(api: Api): Promise<number> {
  return ask(api, 'POST', '/v1/keyring/rotate');
}

function privacy(
  api: Api,
  { limit, 'keep-opt-out': keep }: ClientOptions,
  [action, id]: readonly string[],
): Promise<number> | 'incomplete' {
  if (action === 'opt-outs') return ask(api, 'GET', `/v1/privacy/opt-outs${queryOf({ limit })}`);
  if (id === undefined) return 'incomplete';
  const unit = `/v1/privacy/units/${encodeURIComponent(id)}`;
  if (action === 'export') return ask(api, 'GET', unit);
  if (action === 'erase') return ask(api, 'DELETE', keep ? `${unit}?keep_opt_out=true` : unit);
  if (action === 'erasure') return ask(api, 'GET', `/v1/privacy/erasures/${encodeURIComponent(id)}`);
  return 'incomplete';
}

async function emergencyStop(api: Api, body: object, wait: boolean): Promise<number> {
  const answer = await api.answer('POST', '/v1/emergency-stops', body);
  if (!wait || answer.status >= 400) return show(answer);
  return followStop(api, String(answer.body['emergency_stop_id']));
}

/** @throws {ConfigError} if the text is not a JSON object */
function attributesIn(text = '{}'): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Reported below.
  }
  throw new ConfigError('--attributes must be a JSON object');
}

function queryOf(parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
