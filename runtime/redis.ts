// The only place that opens Redis connections.
import { Redis, type RedisOptions } from 'ioredis';
import { PipelineError } from './errors.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

export type { Redis } from 'ioredis';

const RETRY_MAX_MS = 2_000;
/** A command that a person or a probe waits for gives up after this long. */
const COMMAND_TIMEOUT_MS = 5_000;

/** How a connection is used: `command` fails fast, `patient` waits out an outage, as blocking reads and BullMQ must. */
export type RedisUse = 'command' | 'patient';

/**
 * Returns a connection to `url`: `redis://`, `rediss://` or `unix:///path/to.sock`. It reconnects for ever, at most every
 * 2 s, and says so once per outage.
 * @throws E_CONFIG when the URL is of another kind.
 */
export function openRedis(
  url: string,
  { use, log, name, metrics }: { use: RedisUse; log: Logger; name: string; metrics?: Metrics },
): Redis {
  const options: RedisOptions = {
    connectionName: `verbcast-${name}`,
    retryStrategy: (attempt) => Math.min(RETRY_MAX_MS, 50 * 2 ** Math.min(attempt, 6)),
    maxRetriesPerRequest: use === 'patient' ? null : 1,
    ...(use === 'command' ? { commandTimeout: COMMAND_TIMEOUT_MS } : {}),
  };
  const redis = connect(url, options);
  const reconnects = metrics?.counter(
    'verbcast_redis_reconnects_total',
    'Connections to Redis that were lost and came back.',
    ['connection'],
  );
  let down = false;
  let wasReady = false;
  redis.on('error', (error: Error) => {
    if (!down) log.warn({ connection: name, cause: error.message }, 'Redis cannot be reached; trying again');
    down = true;
  });
  redis.on('ready', () => {
    if (down) log.info({ connection: name }, 'Redis is back');
    if (wasReady) reconnects?.inc({ connection: name });
    wasReady = true;
    down = false;
  });
  return redis;
}

function connect(url: string, options: RedisOptions): Redis {
  if (url.startsWith('unix://')) return new Redis({ ...options, path: url.slice('unix://'.length) });
  if (/^rediss?:\/\//.test(url)) return new Redis(url, options);
  throw new PipelineError('E_CONFIG', 'Expected `REDIS_URL` to begin with redis://, rediss:// or unix://.');
}

/** Says in the log, whenever `redis` connects, when its memory limit would make it forget jobs instead of refusing writes. */
export function warnOfEviction(redis: Redis, log: Logger): void {
  redis.on('ready', () => {
    void redis.info('memory').then(
      (info) => {
        const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
        if (policy !== undefined && policy !== 'noeviction')
          log.warn(
            { policy },
            'Redis evicts keys when its memory is full, jobs and streams among them: set maxmemory-policy to noeviction',
          );
      },
      // The connection tells of an outage.
      () => undefined,
    );
  });
}

/** Closes a connection: politely where the server answers, at once where it does not. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === 'ready') {
    const quit = redis.quit().catch(() => undefined);
    const patience = new Promise((resolve) => setTimeout(resolve, 1_000).unref());
    await Promise.race([quit, patience]);
  }
  redis.disconnect();
}
