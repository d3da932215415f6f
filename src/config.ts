import { isIP } from 'node:net';
import { z } from 'zod';
import { RampartError, type FieldError } from './errors.js';
import { roleRulesSchema } from './role-rules.js';
import { parse as parseInWords } from './validation.js';

const integer = (fallback: number, min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+$/, message)
    .transform(Number)
    .refine((number) => number >= min && number <= max, message)
    .default(fallback);
};

/** Secrets and codes cross the network, so that plain http is for this machine alone. */
function isSafeAddress(text: string): boolean {
  // What is no address is told as that.
  if (!URL.canParse(text)) return true;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

function isOrigin(text: string): boolean {
  // What is no address is told as that.
  return !URL.canParse(text) || new URL(text).origin === text;
}

function json(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
}

/** A host, an address, or a network such as `10.0.0.0/8`. */
function isHostOrNetwork(entry: string): boolean {
  const [address = '', prefix, ...more] = entry.split('/');
  const bits = { 4: 32, 6: 128 }[isIP(address)];
  if (bits !== undefined)
    return (
      more.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
    );
  return prefix === undefined && /^[a-z0-9_]([a-z0-9._-]{0,251}[a-z0-9_])?$/i.test(address);
}

/** Where telemetry is sent. */
const endpoint = z
  .url({ protocol: /^https?$/, error: 'must be an address such as http://127.0.0.1:4318' })
  .optional();
const exporter = z.enum(['otlp', 'none'], { error: 'must be otlp or none' }).default('otlp');

const ID_PATTERN = /^[A-Za-z0-9._-]{1,100}$/;

/** Every variable of the environment that the processes of Rampart read. */
export const configSchema = z.object({
  PORT: integer(8080, 0, 65_535).describe('Port of the API.'),
  HOST: z.string().default('127.0.0.1').describe('Address that the API listens on.'),
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/./, 'must be an address such as mongodb://127.0.0.1:27017')
    .optional()
    .describe('Address of MongoDB. Without it, `serve` starts an embedded one.'),
  MONGODB_DATABASE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,63}$/, 'must be 1 to 63 of A-Z a-z 0-9 _ -')
    .default('rampart')
    .describe('Name of the database.'),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/]+:\d+$/, 'must be an address such as 127.0.0.1:7233')
    .optional()
    .describe('Address of Temporal. Without it, `serve` starts an embedded one.'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default').describe('Temporal namespace.'),
  TEMPORAL_TASK_QUEUE: z.string().min(1).default('rampart').describe('Task queue of the workers.'),
  RAMPART_DATA_DIR: z
    .string()
    .min(1)
    .optional()
    .describe('Folder for the data of the embedded servers. Without it, a temporary folder.'),
  RAMPART_ADMIN_KEY: z
    .string()
    .min(16, 'must have at least 16 characters')
    .optional()
    .describe('The first admin key. Others are created with it.'),
  RAMPART_SECRET: z
    .string({
      error:
        'is missing: a secret of at least 32 characters, the root of all pseudonyms (`serve` makes one where RAMPART_DATA_DIR is set)',
    })
    .min(32, 'must have at least 32 characters')
    .describe('Root of pseudonyms and encryption. Never change it: every unit would be counted again.'),
  RAMPART_INSTANCE: z
    .string()
    .regex(ID_PATTERN, 'must be 1 to 100 of A-Z a-z 0-9 . _ -')
    .optional()
    .describe('Name of the process in reports (default: the name of the host). Something random follows it.'),
  RAMPART_ENVIRONMENT: z
    .string()
    .min(1)
    .default('production')
    .describe('Environment whose flags and experiments are served.'),
  RAMPART_API_PROCESSES: integer(1, 1, 256).describe(
    'Number of API processes that share the port and its limits. One for each core to use.',
  ),
  RAMPART_METRICS_PORT: z
    .string()
    .regex(/^\d+$/, 'must be a whole number from 1 to 65535')
    .transform(Number)
    .refine((port) => port >= 1 && port <= 65_535, 'must be a whole number from 1 to 65535')
    .optional()
    .describe('Port at which a worker has /metrics and /healthz; without it none is opened.'),
  RAMPART_DRAIN_SECONDS: integer(5, 0, 15).describe(
    'How long an API process that ends goes on serving while /readyz is 503, so that balancers notice.',
  ),
  RAMPART_PARENT: z
    .string()
    .optional()
    .describe('Process id of `serve`, with which its children end. Set by `serve`, not by people.'),
  RAMPART_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an address such as https://rampart.example.com' })
    .optional()
    .describe(
      'Address at which people open the dashboard. Under https its cookie is sent to that host alone, encrypted.',
    ),
  RAMPART_OIDC_ISSUER: z
    .url({ protocol: /^https?$/, error: 'must be an address such as https://login.example.com' })
    .refine(isSafeAddress, 'must be an https address; http is for this machine alone')
    .optional()
    .describe('The OpenID Connect provider by which people may sign in to the dashboard.'),
  RAMPART_OIDC_CLIENT_ID: z.string().min(1).optional().describe('As whom Rampart is registered there.'),
  RAMPART_OIDC_CLIENT_SECRET: z.string().min(1).optional().describe('Its secret; a public client has none.'),
  RAMPART_OIDC_SCOPES: z
    .string()
    .default('openid profile email')
    .refine((text) => text.split(' ').includes('openid'), 'must have openid among its scopes')
    .describe('What is asked of the provider, separated by blanks.'),
  RAMPART_OIDC_ROLES: z
    .string()
    .transform(json)
    .pipe(roleRulesSchema)
    .optional()
    .describe('Who has which role: a JSON list of {claim, value, role, environments?}. Nobody else gets in.'),
  RAMPART_TEMPORAL_UI_ORIGIN: z
    .url({ protocol: /^https?$/, error: 'must be an origin such as https://temporal.example.com' })
    .refine(isOrigin, 'must be an origin alone, without a path or a slash')
    .optional()
    .describe("Origin of Temporal's web application, whose pages may have payloads decrypted for an admin."),
  RAMPART_CORS_ORIGINS: z
    .string()
    .default('*')
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .describe('Origins whose pages may make the calls of a client key: a list with commas, or *.'),
  RAMPART_RATE_LIMIT: integer(0, 0, 1e9).describe(
    'Serving and ingest requests per second and key; 0 for no limit.',
  ),
  RAMPART_MANAGEMENT_RATE_LIMIT: integer(100, 0, 1e9).describe(
    'Management requests per second and key; 0 for no limit.',
  ),
  RAMPART_UNKNOWN_KEY_RATE_LIMIT: integer(20, 0, 1e9).describe(
    'Requests per second and address whose key is missing or unknown; 0 for no limit.',
  ),
  RAMPART_MAX_CONNECTIONS: integer(20_000, 1, 1e6).describe(
    'Connections that an API process keeps open at once; it refuses more.',
  ),
  RAMPART_PARTITIONS: integer(16, 1, 256).describe(
    'Into how many partitions a new installation divides its units, each folded by itself; fixed at its first start.',
  ),
  RAMPART_WATCH_SECONDS: integer(60, 1, 3_600).describe(
    'How often guardrails are watched between the polls of an experiment, in seconds.',
  ),
  RAMPART_START_REHEARSAL_RUNS: integer(60, 10, 2_000).describe(
    'Lives that are simulated when an experiment starts, to say whether its plan can reach its power. Each takes some hundredths of a second of a processor.',
  ),
  RAMPART_RECONCILE_SECONDS: integer(30, 1, 3_600).describe(
    'How often reconciliation looks for work that a crash left unfinished, in seconds.',
  ),
  RAMPART_SNAPSHOT_DAYS: integer(90, 1, 36_500).describe(
    'Days after its end for which all snapshots of an experiment are kept; later only those of its decisions and the last.',
  ),
  RAMPART_TIMELINE_DAYS: integer(730, 90, 36_500).describe(
    'Days after its end for which the timeline, totals, exclusions and overrides of an experiment are kept. Decisions are always kept.',
  ),
  RAMPART_REVISION_DAYS: integer(730, 1, 36_500).describe(
    'Days for which a revision of a flag, segment, metric, policy, layer or holdout is kept after it is replaced or deleted.',
  ),
  // A unit remembers 18 days for CUPED, and its event ids for two.
  RAMPART_UNIT_DAYS: integer(30, 20, 36_500).describe(
    'Days after its last event for which a unit is kept that is in no running experiment.',
  ),
  RAMPART_ALERT_DAYS: integer(30, 2, 36_500).describe(
    'Days for which what became of alerts is kept: what was delivered to whom, and what could not be.',
  ),
  RAMPART_WEBHOOK_ALLOW: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    )
    .refine(
      (entries) => entries.every(isHostOrNetwork),
      'must be hosts, addresses and networks with commas between, such as hooks.internal, 10.1.0.0/16',
    )
    .describe('Receivers of alerts that are allowed although they are no public address, or without https.'),
  RAMPART_SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/[^\s/]/, 'must be an address such as smtps://name:password@smtp.example.com')
    .optional()
    .describe('The mail server that takes alerts for e-mail.'),
  RAMPART_MAIL_FROM: z
    .string()
    .regex(
      /^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/,
      'must be an e-mail address, such as Rampart <rampart@example.com>',
    )
    .optional()
    .describe('In whose name alerts are mailed.'),
  RAMPART_CACHED_WORKFLOWS: integer(2_000, 10, 1_000_000).describe(
    'Experiments that a worker keeps in memory, about 0.4 MB each. It replays the others at every step.',
  ),
  RAMPART_BUILD_ID: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,100}$/, 'must be letters, digits, "_", "-" and "."')
    .optional()
    .describe('Build of this worker: running experiments stay on theirs. See docs/upgrading-workflows.md.'),
  RAMPART_FORCE_AFTER_SECONDS: integer(300, 1, 86_400).describe(
    'Age of an emergency stop, in seconds, from which experiments that do not acknowledge it may be forced.',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.describe(
    'Where traces and metrics are sent by OpenTelemetry, such as http://127.0.0.1:4318. Without it, nowhere.',
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint.describe('The same, of traces alone: the whole address.'),
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint.describe('The same, of metrics alone: the whole address.'),
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .enum(['http/protobuf', 'http/json'], {
      error: 'must be http/protobuf or http/json: send to the HTTP port of the collector, mostly 4318',
    })
    .default('http/protobuf')
    .describe('How they are written.'),
  OTEL_TRACES_EXPORTER: exporter.describe('`none`: no traces are sent.'),
  OTEL_METRICS_EXPORTER: exporter.describe('`none`: no metrics are sent.'),
  OTEL_METRIC_EXPORT_INTERVAL: integer(60_000, 100, 3_600_000).describe(
    'Time between two exports of metrics, ms.',
  ),
  OTEL_SDK_DISABLED: z
    .string()
    .transform((text) => text.toLowerCase() === 'true')
    .optional()
    .describe('`true`: nothing is sent, whatever the others say.'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be trace, debug, info, warn, error, fatal or silent',
    })
    .default('info')
    .describe('The least severe level that is logged.'),
});

export type Config = z.output<typeof configSchema>;

/** Every variable that the commands for a running API read. */
export const clientConfigSchema = z.object({
  RAMPART_URL: z
    .string()
    .regex(/^https?:\/\/[^\s/]/, 'must be an address such as http://127.0.0.1:8080')
    .default('http://127.0.0.1:8080')
    .describe('Address of the API.'),
  RAMPART_KEY: z.string().optional().describe('Key for the API. Without it, RAMPART_ADMIN_KEY.'),
  RAMPART_ADMIN_KEY: z.string().optional(),
});

export type ClientConfig = z.output<typeof clientConfigSchema>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable is wrong or missing. The message is one line that names it. */
export class ConfigError extends Error {}

/** @throws {ConfigError} */
export function parseConfig(environment: Environment): Config {
  const config = parse(configSchema, environment);
  const lacks =
    config.RAMPART_OIDC_ISSUER === undefined ? [] : NEEDED_BY_OIDC.filter((name) => !config[name]);
  if (lacks.length > 0)
    throw new ConfigError(
      lacks.map((name) => `${name} is missing: sign-in by RAMPART_OIDC_ISSUER needs it`).join('; '),
    );
  const unused = config.RAMPART_OIDC_ISSUER === undefined ? OF_OIDC.filter((name) => config[name]) : [];
  if (unused.length > 0)
    throw new ConfigError(`${unused.join(', ')}: set RAMPART_OIDC_ISSUER too, or leave it out`);
  const { RAMPART_SMTP_URL: server, RAMPART_MAIL_FROM: from } = config;
  if ((server === undefined) !== (from === undefined)) {
    const missing = server === undefined ? 'RAMPART_SMTP_URL' : 'RAMPART_MAIL_FROM';
    throw new ConfigError(`${missing} is missing: mail needs the server and the sender`);
  }
  return config;
}

const OF_OIDC = ['RAMPART_OIDC_CLIENT_ID', 'RAMPART_OIDC_CLIENT_SECRET', 'RAMPART_OIDC_ROLES'] as const;
const NEEDED_BY_OIDC = ['RAMPART_PUBLIC_URL', 'RAMPART_OIDC_CLIENT_ID', 'RAMPART_OIDC_ROLES'] as const;

/** @throws {ConfigError} */
export function parseClientConfig(environment: Environment): ClientConfig {
  return parse(clientConfigSchema, environment);
}

/** An empty variable counts as missing. */
function parse<T>(schema: z.ZodType<T, unknown>, environment: Environment): T {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  try {
    return parseInWords(schema, given);
  } catch (error) {
    const errors = error instanceof RampartError ? (error.members['errors'] as FieldError[]) : null;
    if (!errors) throw error;
    throw new ConfigError(errors.map(({ path, message }) => `${path} ${message}`).join('; '));
  }
}
