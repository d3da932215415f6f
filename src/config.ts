import { z } from 'zod';

const whole = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Every variable of the environment that Rampart reads. */
export const configSchema = z.object({
  PORT: whole(8080, 0, 65_535).describe('Port of the API.'),
  HOST: z.string().default('127.0.0.1').describe('Address that the API listens on.'),
  MONGODB_URI: z.string().min(1).optional().describe('MongoDB; without it an embedded one is started.'),
  MONGODB_DATABASE: z.string().min(1).default('rampart').describe('Database name.'),
  TEMPORAL_ADDRESS: z.string().min(1).optional().describe('Temporal; without it an embedded one is started.'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default').describe('Temporal namespace.'),
  TEMPORAL_TASK_QUEUE: z.string().min(1).default('rampart').describe('Task queue of the workers.'),
  RAMPART_DATA_DIR: z
    .string()
    .min(1)
    .optional()
    .describe("The embedded servers' files; without it a temporary folder."),
  RAMPART_ADMIN_KEY: z
    .string()
    .min(16, 'must have at least 16 characters')
    .optional()
    .describe('The first admin key.'),
  RAMPART_SECRET: z
    .string({ error: 'is missing: a secret of at least 32 characters, the root of all pseudonyms' })
    .min(32, 'must have at least 32 characters')
    .describe('Root of pseudonyms and encryption. Never change it: units would be counted anew.'),
  RAMPART_ENVIRONMENT: z
    .string()
    .min(1)
    .default('production')
    .describe('Environment whose flags are served.'),
  RAMPART_API_PROCESSES: whole(1, 1, 256).describe('API processes on one port: as many as there are cores.'),
  RAMPART_API_INDEX: whole(0, 0, 255).describe('Which of them this one is; they are given it.'),
  RAMPART_CORS_ORIGINS: z
    .string()
    .default('*')
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .describe('Origins of pages that may call what client keys may: a list with commas, or *.'),
  RAMPART_RATE_LIMIT: whole(0, 0, 1e9).describe(
    'Serving and ingest requests per second and key; 0 for none.',
  ),
  RAMPART_MANAGEMENT_RATE_LIMIT: whole(100, 0, 1e9).describe(
    'Management requests per second and key; 0 for none.',
  ),
  RAMPART_WATCH_SECONDS: whole(60, 1, 3_600).describe(
    'How often guardrails are watched between the polls of an experiment.',
  ),
  RAMPART_RECONCILE_SECONDS: whole(30, 1, 3_600).describe(
    'How often what a crash left undone is looked for.',
  ),
  RAMPART_CACHED_WORKFLOWS: whole(2_000, 10, 1_000_000).describe(
    'Experiments that a worker keeps in memory, some 0.4 MB each; others are replayed at every step.',
  ),
  RAMPART_FORCE_AFTER_SECONDS: whole(300, 1, 86_400).describe(
    'Age of an emergency stop from which experiments that do not acknowledge it may be forced.',
  ),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Level of the log.'),
});

export type Config = z.output<typeof configSchema>;

/** A variable that is wrong or missing; the message is one line that names it. */
export class ConfigError extends Error {}

/** @throws {ConfigError} */
export function parseConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = configSchema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '),
  );
}
