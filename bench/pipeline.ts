// The whole program in this process, for measurements.
import WebSocket from 'ws';
import { type AllServices, startAllServices } from '../cli/all-services.ts';
import { startPrivateRedis } from '../cli/private-redis.ts';
import { type Client, createClient } from '../client/client.ts';
import type { CreateStreamInput } from '../protocol/stream.ts';
import { createLog } from '../runtime/log.ts';
import { closeRedis, openRedis, type Redis } from '../runtime/redis.ts';
import { closeAll, type Service } from '../runtime/shutdown.ts';

export interface BenchPipeline extends Service {
  readonly client: Client;
  readonly redis: Redis;
  readonly workers: AllServices['workers'];
}

/** Starts every service on a private Redis. */
export async function startPipeline(env: Record<string, string>): Promise<BenchPipeline> {
  const server = await startPrivateRedis();
  const services = await startAllServices(
    { PATH: process.env.PATH, GATEWAY_PORT: '0', LOG_LEVEL: 'error', REDIS_URL: server.url, ...env },
    'error',
  );
  const redis = openRedis(server.url, {
    use: 'command',
    log: createLog('bench', 'error'),
    name: 'bench',
  });
  return {
    client: createClient({ url: services.url, WebSocket }),
    redis,
    workers: services.workers,
    close: () => closeAll([server, services, { close: () => closeRedis(redis) }]),
  };
}

/** Runs one stream to its end and returns the seconds from its first frame being decoded to its last label. */
export async function runStream(client: Client, input: CreateStreamInput): Promise<number> {
  const { id } = await client.createStream(input);
  let startedAt = performance.now();
  for await (const event of client.watch(id)) {
    if (event.type !== 'stream.status') continue;
    if (event.status === 'running') startedAt = performance.now();
    if (event.status === 'failed')
      throw new Error(`The stream failed: ${event.reason?.code} ${event.reason?.message}`);
  }
  return (performance.now() - startedAt) / 1_000;
}
