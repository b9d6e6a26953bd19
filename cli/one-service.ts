// `verbcast ingest|worker|gateway`: one service in this process, so that each scales on its own.
import type { Environment } from '../runtime/config.ts';
import { createLog, type Logger } from '../runtime/log.ts';
import { createMetrics, type Metrics } from '../runtime/metrics.ts';
import { runUntilSignal, type Service } from '../runtime/shutdown.ts';
import { loadCliConfig, withFlags } from './config.ts';

type Deps = { log: Logger; metrics: Metrics };

/** How each service is started; its code is loaded only in the process that runs it. */
const STARTERS = {
  async ingest(env: Environment, deps: Deps): Promise<Service> {
    const { loadIngestConfig } = await import('../ingest/config.ts');
    const { startIngest } = await import('../ingest/main.ts');
    return startIngest(loadIngestConfig(env), deps);
  },
  async worker(env: Environment, deps: Deps): Promise<Service> {
    const { loadWorkerConfig } = await import('../worker/config.ts');
    const { startWorkers } = await import('../worker/main.ts');
    return startWorkers(loadWorkerConfig(env), deps);
  },
  async gateway(env: Environment, deps: Deps): Promise<Service> {
    const { loadGatewayConfig } = await import('../gateway/config.ts');
    const { startGateway } = await import('../gateway/main.ts');
    return startGateway(loadGatewayConfig(env), deps);
  },
};
export type ServiceName = keyof typeof STARTERS;

export interface ServiceOptions {
  readonly port?: string;
  readonly workers?: string;
  readonly model?: string;
}

/** Runs one service until SIGTERM or SIGINT, then drains. @throws E_CONFIG when REDIS_URL is not set. */
export async function runService(
  service: ServiceName,
  options: ServiceOptions,
  environment: Environment,
): Promise<number> {
  const { port, workers, model } = options;
  const env = withFlags(environment, { GATEWAY_PORT: port, WORKERS: workers, MODEL: model });
  const log = createLog(service, loadCliConfig(env).LOG_LEVEL);
  const starting = STARTERS[service](env, { log, metrics: createMetrics({ runtime: true }) });
  // A signal that comes while the service starts is obeyed too.
  const ended = runUntilSignal(async () => (await starting).close(), log);
  await starting;
  await ended;
  return 0;
}
