// One test file's own Redis, and a key prefix of its own for each test.
import { randomBytes } from 'node:crypto';
import { type PrivateRedis, startPrivateRedis } from '../../cli/private-redis.ts';
import { createKeyspace, type Keyspace } from '../../protocol/keys.ts';
import { createLog, type Logger } from '../../runtime/log.ts';
import { createMetrics, type Metrics } from '../../runtime/metrics.ts';
import { closeRedis, openRedis, type Redis, type RedisUse } from '../../runtime/redis.ts';
import { closeAll, type Service } from '../../runtime/shutdown.ts';

export interface Sandbox extends Service {
  readonly url: string;
  readonly server: PrivateRedis;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Returns keys under a random prefix. */
  keyspace(): Keyspace;
  /** Opens a connection that `close` closes. */
  open(use?: RedisUse): Redis;
  /** Has `close` close this too, before Redis goes down. */
  use<S extends Service>(service: S): S;
}

/** Starts a private redis-server. `VERBCAST_TEST_LOG=debug` shows the services' logs. */
export async function openSandbox(options: { maxMemory?: string } = {}): Promise<Sandbox> {
  const server = await startPrivateRedis(options);
  const level = process.env.VERBCAST_TEST_LOG === 'debug' ? 'debug' : 'silent';
  const log = createLog('test', level);
  const services: Service[] = [server];
  return {
    url: server.url,
    server,
    log,
    metrics: createMetrics(),
    keyspace: () => createKeyspace(`t${randomBytes(6).toString('hex')}`),
    open(use = 'command') {
      const redis = openRedis(server.url, { use, log, name: 'test' });
      services.push({ close: () => closeRedis(redis) });
      return redis;
    },
    use(service) {
      services.push(service);
      return service;
    },
    close: () => closeAll(services),
  };
}
