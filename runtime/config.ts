// environment → config: parsed once per service, all faults at once.
import { z } from 'zod';
import { PipelineError } from './errors.ts';
import { LOG_LEVELS } from './log.ts';

/** A config schema: an object whose keys are environment variables, each with a default or optional, and a description. */
export type ConfigSchema = z.ZodObject<z.ZodRawShape>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Schema of an integer variable with bounds and a default. */
export function integer({ min, max, fallback }: { min: number; max: number; fallback: number }) {
  return z.coerce.number().int().min(min).max(max).default(fallback);
}

/** Schema of a list variable whose items are separated by `separator`; empty items are left out. */
export function list(separator: string, fallback = '') {
  return z
    .string()
    .default(fallback)
    .transform((text) =>
      text
        .split(separator)
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    );
}

/** Schema of a yes/no variable. */
export function flag(fallback: boolean) {
  return z
    .enum(['true', 'false', '1', '0'])
    .default(fallback ? 'true' : 'false')
    .transform((text) => text === 'true' || text === '1');
}

/**
 * Returns the config that `env` gives; an empty variable counts as unset.
 * @throws E_CONFIG naming every wrong variable at once. Values are not repeated: they may be secrets.
 */
export function loadConfig<S extends ConfigSchema>(schema: S, env: Environment): z.output<S> {
  const known = Object.keys(schema.shape).map((key) => [key, env[key] === '' ? undefined : env[key]]);
  const result = schema.safeParse(Object.fromEntries(known));
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new PipelineError(
    'E_CONFIG',
    `The environment is not usable. Correct or unset:\n${faults.join('\n')}`,
  );
}

/** Variables that every service reads. */
export const commonConfig = {
  REDIS_URL: z
    .string()
    .optional()
    .describe(
      'redis://, rediss:// or unix:///path. Unset: `verbcast up` starts a private redis-server of its own.',
    ),
  KEY_PREFIX: z
    .string()
    .regex(/^[\w-]{1,32}$/)
    .default('vc')
    .describe('Prefix of every Redis key; one per installation that shares a Redis.'),
  LOG_LEVEL: z
    .enum(LOG_LEVELS)
    .default('info')
    .describe(`One of ${LOG_LEVELS.join(', ')}.`),
  DATA_DIR: z
    .string()
    .default('.cache')
    .describe('Uploads, downloaded models and other files that may be deleted when nothing runs.'),
};
