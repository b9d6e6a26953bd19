// A gateway on a Redis of its own, with a served model and a media directory.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { type Client, createClient } from '../../client/client.ts';
import { loadGatewayConfig } from '../../gateway/config.ts';
import { type GatewayService, startGateway } from '../../gateway/main.ts';
import type { EventDraft } from '../../protocol/event.ts';
import { appendEvents } from '../../protocol/event-log.ts';
import type { Keyspace } from '../../protocol/keys.ts';
import { createMetrics, type Metrics } from '../../runtime/metrics.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Service } from '../../runtime/shutdown.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

export interface GatewaySandbox extends Service {
  readonly sandbox: Sandbox;
  readonly redis: Redis;
  readonly keys: Keyspace;
  /** Holds `clip.mp4` (not a video: the gateway does not look inside), `empty.mp4` and the directory `folder`. */
  readonly mediaDir: string;
  readonly dataDir: string;
  readonly metrics: Metrics;
  readonly gateway: GatewayService;
  readonly client: Client;
  /** Starts one more gateway on the same Redis and keys; `close` closes it too. */
  start(env?: Record<string, string>): Promise<GatewayService>;
  /** Says that a worker serves `id`. */
  serve(id: string): Promise<void>;
  /** Submits `clip.mp4` and returns the stream's id. */
  submit(): Promise<string>;
  append(stream: string, events: EventDraft[], fields?: Record<string, string | number>): Promise<void>;
}

/** Starts everything. `env` goes to the gateway. */
export async function openGatewaySandbox(env: Record<string, string> = {}): Promise<GatewaySandbox> {
  const sandbox = await openSandbox();
  const keys = sandbox.keyspace();
  const redis = sandbox.open();
  const root = await mkdtemp(join(tmpdir(), 'verbcast-gateway-'));
  sandbox.use({ close: () => rm(root, { recursive: true }) });
  const mediaDir = join(root, 'media');
  const dataDir = join(root, 'data');
  await mkdir(join(mediaDir, 'folder'), { recursive: true });
  await writeFile(join(mediaDir, 'clip.mp4'), 'some bytes');
  await writeFile(join(mediaDir, 'empty.mp4'), '');
  const metrics = createMetrics();
  const start = async (more: Record<string, string> = {}) => {
    const config = loadGatewayConfig({
      REDIS_URL: sandbox.url,
      KEY_PREFIX: keys.prefix,
      GATEWAY_PORT: '0',
      MEDIA_DIRS: mediaDir,
      DATA_DIR: dataDir,
      ...env,
      ...more,
    });
    return sandbox.use(await startGateway(config, { log: sandbox.log, metrics }));
  };
  const gateway = await start();
  const client = createClient({ url: gateway.url, WebSocket });
  const serve = async (id: string) => {
    const geometry = { sizePx: 64, resizePx: 64, resize: 'shortest', resample: 'bicubic' };
    const model = { id, geometry, dims: 8, templates: ['action', 'plain'], seenAt: Date.now() };
    await redis.hset(keys.models, id, JSON.stringify(model));
  };
  await serve('pocket');
  return {
    sandbox,
    redis,
    keys,
    mediaDir,
    dataDir,
    metrics,
    gateway,
    client,
    start,
    serve,
    async submit() {
      await serve('pocket');
      return (await client.createStream({ source: { path: 'clip.mp4' }, labels: ['waving'] })).id;
    },
    async append(stream, events, fields = {}) {
      const seq = await appendEvents(redis, keys, { stream, events, fields });
      if (typeof seq !== 'number') throw new Error(`Expected to append to ${stream}: it is ${seq}.`);
    },
    close: () => sandbox.close(),
  };
}

/** The final status of a stream, as it is appended: its event and the record's fields. */
export function ending(
  status: 'ended' | 'failed' | 'cancelled' = 'ended',
): [EventDraft[], Record<string, string | number>] {
  return [[{ type: 'stream.status', media: 9, status }], { status, endedAt: Date.now(), media: 9 }];
}
