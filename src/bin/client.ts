import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ConfigError } from '../config.js';
import { COMMANDS } from '../lifecycle/commands.js';
import { apiOf, Unreachable, type Api, type ApiAnswer } from './http.js';
import { orProblem, readJson } from './output.js';

/** What `rampart COMMAND` asks of a running API: JSON on standard output, problems on standard error. */
export const CLIENT_COMMANDS = [
  ...COMMANDS,
  'create',
  'list',
  'start',
  'exclusions',
  'override',
  'opt-out',
  'evaluate',
  'get',
  'watch',
  'emergency-stop',
  'emergency-stops',
  'release',
  'force',
  'stale-flags',
  'keys',
  'certificate',
  'rehearsal',
  'backtest',
] as const;

const OPTIONS = {
  reason: { type: 'string' },
  variant: { type: 'string' },
  'start-date': { type: 'string' },
  'end-date': { type: 'string' },
  duration: { type: 'string' },
  all: { type: 'boolean' },
  role: { type: 'string' },
  name: { type: 'string' },
  policy: { type: 'string' },
  coverage: { type: 'string' },
  unit: { type: 'string', multiple: true },
  attributes: { type: 'string' },
  lift: { type: 'boolean' },
  wait: { type: 'boolean' },
  state: { type: 'string' },
  tag: { type: 'string' },
  days: { type: 'string' },
} as const;

/** How often a report is asked for while waiting. */
const WAIT_MS = 1_000;

/** 0 where the API agreed, 1 where it refused, 2 where the call itself is off. */
export async function clientCommand(
  command: string,
  argv: string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const api = apiOf(environment);
  const { values, positionals } = parse(argv);
  const { reason, variant, duration, name, role, state, tag, days } = values;
  const coverage = values.coverage === undefined ? undefined : Number(values.coverage);
  const [id] = positionals;
  switch (command) {
    case 'emergency-stop': {
      if (!values.all && id === undefined)
        return usage('emergency-stop (--all | ID…) --reason TEXT [--wait]');
      const body = { reason, ...(!values.all && { experiment_ids: positionals }) };
      const answer = await api.answer('POST', '/v1/emergency-stops', body);
      if (!values.wait || answer.status >= 400) return show(answer);
      return untilComplete(api, String(answer.body['emergency_stop_id']));
    }
    case 'emergency-stops':
      if (id === undefined) return show(await api.answer('GET', '/v1/emergency-stops'));
      return values.wait ? untilComplete(api, id) : show(await api.answer('GET', stopPath(id)));
    case 'release':
    case 'force':
      if (id === undefined) return usage(`${command} EMERGENCY_STOP_ID`);
      return show(await api.answer('POST', `${stopPath(id)}/${command}`, { reason }));
    case 'create':
      return orProblem(async () =>
        show(await api.answer('POST', '/v1/experiments', await readJson(positionals))),
      );
    case 'list':
      return show(await api.answer('GET', `/v1/experiments${queryOf({ state, tag })}`));
    case 'stale-flags':
      return show(await api.answer('GET', `/v1/reports/stale-flags${queryOf({ days })}`));
    case 'evaluate': {
      if (id === undefined) return usage("evaluate FLAG_ID [--unit UNIT] [--attributes '{…}']");
      const context = { ...attributesIn(values.attributes), targetingKey: values.unit?.[0] };
      return show(
        await api.answer('POST', `/ofrep/v1/evaluate/flags/${encodeURIComponent(id)}`, { context }),
      );
    }
    case 'opt-out':
      if (id === undefined) return usage('opt-out UNIT [--lift]');
      return show(
        await api.answer(values.lift ? 'DELETE' : 'PUT', `/v1/privacy/opt-outs/${encodeURIComponent(id)}`),
      );
    case 'keys':
      if (id !== 'create') return usage('keys create --role ROLE --name NAME');
      return show(await api.answer('POST', '/v1/keys', { role, name: name ?? role }));
  }
  if (id === undefined) return usage(`${command} EXPERIMENT_ID`);
  const path = `/v1/experiments/${encodeURIComponent(id)}`;
  switch (command) {
    case 'get':
      return show(await api.answer('GET', path));
    case 'watch':
      return watch(api, path);
    case 'certificate':
      return show(await api.answer('GET', `${path}/decisions/${positionals[1] ?? ''}/certificate`));
    case 'rehearsal':
      return show(await api.answer('POST', `${path}/rehearsals`, {}));
    case 'backtest':
      return show(await api.answer('POST', `${path}/backtests`, { policy: values.policy }));
    case 'override': {
      const [unit] = values.unit ?? [];
      if (unit === undefined || (variant === undefined) === !values.lift) {
        return usage('override ID --unit UNIT (--variant V | --lift)');
      }
      const at = `${path}/overrides/${encodeURIComponent(unit)}`;
      return show(await (values.lift ? api.answer('DELETE', at) : api.answer('PUT', at, { variant })));
    }
    case 'start': {
      const dates = { start_date: values['start-date'], end_date: values['end-date'], duration };
      return show(await api.answer('POST', `${path}/start`, dates));
    }
    default:
      return show(
        await api.answer('POST', `${path}/${command}`, {
          reason,
          variant,
          coverage,
          end_date: values['end-date'],
          unit_ids: values.unit,
        }),
      );
  }
}

/** @throws {ConfigError} where they are no JSON object */
function attributesIn(text = '{}'): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Said below.
  }
  throw new ConfigError('--attributes must be a JSON object');
}

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error));
  }
}

function usage(line: string): number {
  process.stderr.write(`usage: rampart ${line}\n`);
  return 2;
}

function show({ status, body }: ApiAnswer): number {
  const good = status < 400;
  (good ? process.stdout : process.stderr).write(`${JSON.stringify(body, null, 2)}\n`);
  return good ? 0 : 1;
}

const stopPath = (id: string): string => `/v1/emergency-stops/${encodeURIComponent(id)}`;

function queryOf(values: Record<string, string | undefined>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) given.set(name, value);
  return given.size === 0 ? '' : `?${given.toString()}`;
}

/** Says how far an emergency stop is whenever that changes; its report, once nothing of it is open. */
async function untilComplete(api: Api, id: string): Promise<number> {
  let said = '';
  for (;;) {
    const report = await reportOf(api, id);
    const isReport = typeof report !== 'string';
    if (isReport && (report.status >= 400 || report.body['complete'] === true)) return show(report);
    const line = isReport ? progressOf(report.body) : report;
    if (line !== said) process.stderr.write(`${line}\n`);
    said = line;
    await sleep(WAIT_MS);
  }
}

/** The report of an emergency stop, or why there is none now: what is away may come back. */
async function reportOf(api: Api, id: string): Promise<ApiAnswer | string> {
  try {
    const answer = await api.answer('GET', stopPath(id));
    return answer.status >= 500 ? `no report: ${String(answer.body['detail'])}` : answer;
  } catch (error) {
    if (error instanceof Unreachable) return error.message;
    throw error;
  }
}

function progressOf(report: Record<string, unknown>): string {
  const instances = report['instances'] as { instance_id: string; obeys: boolean; live: boolean }[];
  const open = instances.filter((one) => !one.obeys);
  const state = (one: (typeof open)[number]): string =>
    one.live ? 'does not obey yet' : 'is lost, and may serve what it had';
  return [
    `${String(report['acknowledged'])} of ${String(report['experiments'])} experiments rolled back`,
    `${instances.length - open.length} of ${instances.length} processes obey`,
    ...open.map((one) => `${one.instance_id} ${state(one)}`),
  ].join('; ');
}

/** A line of JSON for everything that happens, until the experiment is over. */
async function watch(api: Api, path: string): Promise<number> {
  let seen = 0;
  for (;;) {
    const { status, body } = await api.answer('GET', `${path}/timeline?cursor=${seen}`);
    if (status >= 400) return show({ status, body });
    for (const item of body['items'] as { seq: number }[]) {
      seen = item.seq;
      process.stdout.write(`${JSON.stringify(item)}\n`);
    }
    const experiment = await api.call('GET', path);
    if (experiment['state'] === 'completed' && (body['items'] as unknown[]).length === 0) return 0;
    await sleep(1_000);
  }
}
