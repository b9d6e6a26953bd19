// The environment of the command line: what the services read, with the flags put over it.
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { HUB_ENDPOINT } from '../models/pull.ts';
import { commonConfig, type Environment, loadConfig } from '../runtime/config.ts';

export const CliConfigSchema = z.object({
  LOG_LEVEL: commonConfig.LOG_LEVEL,
  DATA_DIR: commonConfig.DATA_DIR,
  REDIS_URL: commonConfig.REDIS_URL,
  KEY_PREFIX: commonConfig.KEY_PREFIX,
  HF_ENDPOINT: z
    .string()
    .default(HUB_ENDPOINT)
    .describe('Where `verbcast models pull` downloads from: the hub, or a mirror with the same layout.'),
  VERBCAST_TOKEN: z
    .string()
    .optional()
    .describe('Token that `verbcast watch` shows to a gateway that asks for one.'),
  NO_COLOR: z.string().optional().describe('Set to anything: no colours in the terminal.'),
});
export type CliConfig = z.output<typeof CliConfigSchema>;

/** Returns the environment with the variables of `.env` in the working directory; those that are set already win. */
export function readEnvironment(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

/** Returns the config of the command line. @throws E_CONFIG naming every wrong variable. */
export function loadCliConfig(env: Environment): CliConfig {
  return loadConfig(CliConfigSchema, env);
}

/** Returns `env` with `flags` put over it; a flag that was not given changes nothing. */
export function withFlags(env: Environment, flags: Record<string, string | number | undefined>): Environment {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return { ...env, ...Object.fromEntries(given.map(([key, value]) => [key, String(value)])) };
}

/** Whether failures are told with their stacks: LOG_LEVEL is debug or trace. */
export function isDebug(env: Environment = process.env): boolean {
  return env.LOG_LEVEL === 'debug' || env.LOG_LEVEL === 'trace';
}
