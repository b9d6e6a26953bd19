// The gateway: REST, WebSocket and the page.
import type { AddressInfo } from 'node:net';
import { createKeyspace } from '../protocol/keys.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { openQueue } from '../runtime/queue.ts';
import { closeRedis, openRedis, warnOfEviction } from '../runtime/redis.ts';
import { closeAll, type Service } from '../runtime/shutdown.ts';
import { startTracing } from '../runtime/tracing.ts';
import { createAuthenticator } from './auth.ts';
import { createGates } from './auth-socket.ts';
import type { GatewayConfig } from './config.ts';
import { createFeed } from './feed.ts';
import { buildHttp } from './http.ts';
import { isLoopback } from './origin.ts';
import { gaugeQueues } from './queue-gauges.ts';
import { serveSockets } from './sockets.ts';
import { openUploadStore } from './upload-store.ts';

export interface GatewayService extends Service {
  /** Where it listens: `http://127.0.0.1:8787`. */
  readonly url: string;
}

/**
 * Starts a gateway. It starts without Redis too, and says so at `/readyz`.
 * @throws E_CONFIG when REDIS_URL is missing, when the authentication is not usable, when there is none and it should
 * listen beyond loopback, or when the port is taken.
 */
export async function startGateway(
  config: GatewayConfig,
  { log, metrics }: { log: Logger; metrics: Metrics },
): Promise<GatewayService> {
  if (config.REDIS_URL === undefined) throw new PipelineError('E_CONFIG', 'Expected REDIS_URL to be set.');
  const auth = createAuthenticator(config, { log, metrics });
  const tracing = await startTracing(config, 'gateway');
  const services: Service[] = [auth, tracing];
  const open = (use: 'command' | 'patient', name: string) => {
    const redis = openRedis(config.REDIS_URL ?? '', { use, log, name, metrics });
    services.push({ close: () => closeRedis(redis) });
    return redis;
  };
  try {
    checkExposure(config.GATEWAY_HOST, auth.isOn, log);
    const keys = createKeyspace(config.KEY_PREFIX);
    const redis = open('command', 'gateway');
    warnOfEviction(redis, log);
    const queue = openQueue(keys.streamsQueue, { redis, prefix: keys.queuePrefix });
    queue.on('error', (error) => log.debug({ cause: error.message }, 'the streams queue failed'));
    services.push(queue, gaugeQueues({ redis, keys, metrics }));
    const feed = createFeed({ redis, blocking: open('patient', 'gateway-feed'), keys, log });
    services.push(feed);
    const uploads = await openUploadStore({
      dataDir: config.DATA_DIR,
      maxBytes: config.UPLOAD_MAX_BYTES,
      quotaBytes: config.UPLOADS_QUOTA_BYTES,
      keepHours: config.UPLOAD_KEEP_HOURS,
      log,
    });
    services.push(uploads);
    const app = await buildHttp({ config, log, metrics, auth, redis, keys, queue, uploads });
    services.push(app);
    const gates = createGates({ auth, config, redis, keys });
    services.push(serveSockets({ server: app.server, feed, config, metrics, log, gates, tracing }));
    await app.listen({ host: config.GATEWAY_HOST, port: config.GATEWAY_PORT });
    const url = addressOf(config.GATEWAY_HOST, portOf(app.server.address()));
    log.info({ url }, 'the gateway listens');
    return { url, close: () => closeAll(services) };
  } catch (error) {
    await closeAll(services).catch(() => undefined);
    throw listenFailure(error, config);
  }
}

/** Who reaches a gateway without authentication may do everything: that is fine for this machine only. */
function checkExposure(host: string, isAuthOn: boolean, log: Logger): void {
  if (isLoopback(host)) return;
  if (!isAuthOn) {
    throw new PipelineError(
      'E_CONFIG',
      `GATEWAY_HOST=${host} would let everybody in who reaches it: there is no authentication. Set AUTH_TOKENS_FILE (see docs/security.md), or use 127.0.0.1.`,
    );
  }
  log.warn({ host }, 'tokens travel as plain text beyond this machine unless a proxy with TLS is in front');
}

function portOf(address: string | AddressInfo | null): number {
  return typeof address === 'object' && address ? address.port : 0;
}

function addressOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function listenFailure(error: unknown, config: GatewayConfig): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  const where = `${config.GATEWAY_HOST}:${config.GATEWAY_PORT}`;
  if (error.code === 'EADDRINUSE') {
    return new PipelineError('E_CONFIG', `Something listens on ${where} already; set GATEWAY_PORT.`, {
      cause: error,
    });
  }
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL') {
    return new PipelineError('E_CONFIG', `The gateway cannot listen on ${where}.`, { cause: error });
  }
  return error;
}
