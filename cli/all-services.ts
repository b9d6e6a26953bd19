// All services in one process: what `up` runs, and what `watch` and `demo` run for themselves.
import { loadGatewayConfig } from '../gateway/config.ts';
import { startGateway } from '../gateway/main.ts';
import { loadIngestConfig } from '../ingest/config.ts';
import { startIngest } from '../ingest/main.ts';
import type { Environment } from '../runtime/config.ts';
import { createLog, type LOG_LEVELS } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { closeAll, type Service } from '../runtime/shutdown.ts';
import { loadWorkerConfig } from '../worker/config.ts';
import { startWorkers, type Workers } from '../worker/main.ts';
import { withFlags } from './config.ts';
import { startPrivateRedis } from './private-redis.ts';

type LogLevel = (typeof LOG_LEVELS)[number];

export interface AllServices extends Service {
  /** Where the gateway answers, such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Whether Redis is the program's own, which ends with it. */
  readonly hasPrivateRedis: boolean;
  readonly workers: Pick<Workers, 'model' | 'modelDirectory' | 'isStandIn' | 'provider'>;
}

/**
 * Starts a private redis-server when REDIS_URL is unset, then workers, ingest and gateway with the config that `env`
 * gives; they log from `level` on. `close` drains in reverse order: no more requests, then no more frames, then what is queued is embedded.
 * @throws E_CONFIG, E_REDIS_UNAVAILABLE, E_MODEL_UNKNOWN, E_MODEL_FILES; then nothing is left running.
 */
export async function startAllServices(env: Environment, level: LogLevel): Promise<AllServices> {
  // Faults in the environment are told before anything starts.
  const { REDIS_URL } = loadGatewayConfig(env);
  loadIngestConfig(env);
  loadWorkerConfig(env);

  const services: Service[] = [];
  const keep = <S extends Service>(service: S): S => {
    services.push(service);
    return service;
  };
  const metrics = createMetrics({ runtime: true });
  const depsOf = (service: string) => ({ log: createLog(service, level), metrics });
  try {
    const redisUrl = REDIS_URL ?? keep(await startPrivateRedis()).url;
    // The gateway's /metrics tells of every service in the process; none needs a port of its own.
    const complete = withFlags(env, { REDIS_URL: redisUrl, MONITOR_PORT: '' });
    const workers = keep(await startWorkers(loadWorkerConfig(complete), depsOf('worker')));
    keep(await startIngest(loadIngestConfig(complete), depsOf('ingest')));
    const { url } = keep(await startGateway(loadGatewayConfig(complete), depsOf('gateway')));
    return { url, hasPrivateRedis: REDIS_URL === undefined, workers, close: () => closeAll(services) };
  } catch (error) {
    await closeAll(services).catch(() => undefined);
    throw error;
  }
}
