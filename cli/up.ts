// `verbcast up`: every service in one process, until a signal.
import type { Environment } from '../runtime/config.ts';
import { createLog } from '../runtime/log.ts';
import { runUntilSignal } from '../runtime/shutdown.ts';
import { redact } from '../sources/redaction.ts';
import { startAllServices } from './all-services.ts';
import { loadCliConfig, withFlags } from './config.ts';
import { modelNotice } from './model-notice.ts';

export interface UpOptions {
  readonly port?: string;
  readonly workers?: string;
  readonly model?: string;
}

/** Runs until SIGTERM or SIGINT, then drains. Standard output says what runs and where; logs go to standard error. */
export async function up(options: UpOptions, environment: Environment): Promise<number> {
  const { port, workers, model } = options;
  const env = withFlags(environment, { GATEWAY_PORT: port, WORKERS: workers, MODEL: model });
  const { LOG_LEVEL, REDIS_URL } = loadCliConfig(env);
  const log = createLog('verbcast', LOG_LEVEL);
  // A signal that comes while things start is obeyed too: what has started is closed again.
  const starting = startAllServices(env, LOG_LEVEL);
  const ended = runUntilSignal(async () => (await starting).close(), log);
  const services = await starting;
  const [running, ...more] = modelNotice(services.workers);
  const redis = services.hasPrivateRedis
    ? 'private, in memory, ends with the program'
    : redact(REDIS_URL ?? '');
  const lines = [
    'Verbcast is up.',
    `  model   ${running}`,
    ...more.map((line) => `          ${line}`),
    `  page    ${services.url}`,
    `  API     ${services.url}/docs`,
    `  redis   ${redis}`,
    `  try     npx verbcast watch VIDEO --label "playing guitar" --url ${services.url}`,
    'Ctrl-C drains and ends it.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  await ended;
  return 0;
}
