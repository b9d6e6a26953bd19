// A gateway and an ingest in this process, on a Redis of their own, with their metrics; workers are the test's to choose.
import { WebSocket } from 'ws';
import { type Client, createClient } from '../../client/client.ts';
import { loadGatewayConfig } from '../../gateway/config.ts';
import { startGateway } from '../../gateway/main.ts';
import { loadIngestConfig } from '../../ingest/config.ts';
import { startIngest } from '../../ingest/main.ts';
import type { StreamEvent } from '../../protocol/event.ts';
import type { Keyspace } from '../../protocol/keys.ts';
import type { FrameGeometry } from '../../protocol/model.ts';
import type { Redis } from '../../runtime/redis.ts';
import { closeAll, type Service } from '../../runtime/shutdown.ts';
import { SMALL } from '../fixtures/clip.ts';
import type { Sandbox } from './sandbox.ts';
import { startSlowWorker } from './slow-worker.ts';

export const MODEL = 'slow';
/** A frame is 147 KiB, as those of real CLIP. */
export const GEOMETRY: FrameGeometry = { ...SMALL, sizePx: 224, resizePx: 224 };

export interface Pipeline extends Service {
  readonly client: Client;
  readonly keys: Keyspace;
  readonly redis: Redis;
  /** Starts a worker whose model takes `msPerFrame`; `close` closes it too. */
  work(msPerFrame: number): Promise<Service>;
  /** Says that a worker serves the model, though none works. */
  pretend(): Promise<void>;
  /** Value of a metric of this process, summed over its labels. */
  metric(name: string): Promise<number>;
  usedBytes(): Promise<number>;
}

/** Starts both; `env` goes to both. */
export async function openPipeline(
  sandbox: Sandbox,
  { mediaDir, env = {} }: { mediaDir: string; env?: Record<string, string> },
): Promise<Pipeline> {
  const keys = sandbox.keyspace();
  const redis = sandbox.open();
  const { log, metrics } = sandbox;
  const settings = {
    ...{ REDIS_URL: sandbox.url, KEY_PREFIX: keys.prefix, GATEWAY_PORT: '0' },
    ...{ MEDIA_DIRS: mediaDir, DATA_DIR: mediaDir, ...env },
  };
  const ingest = await startIngest(loadIngestConfig(settings), { log, metrics });
  const gateway = await startGateway(loadGatewayConfig(settings), { log, metrics });
  const workers: Service[] = [];
  const metricsText = () => metrics.text();
  return {
    client: createClient({ url: gateway.url, WebSocket }),
    keys,
    redis,
    async work(msPerFrame) {
      const worker = await startSlowWorker(sandbox, { keys, model: MODEL, geometry: GEOMETRY, msPerFrame });
      workers.push(worker);
      return worker;
    },
    async pretend() {
      const served = { id: MODEL, geometry: GEOMETRY, dims: 8, templates: ['action'] };
      const entry = JSON.stringify({ ...served, seenAt: Date.now() + 3_600_000 });
      await redis.hset(keys.models, MODEL, entry);
    },
    async metric(name) {
      const lines = (await metricsText()).split('\n').filter((line) => new RegExp(`^${name}[ {]`).test(line));
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    },
    usedBytes: async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]),
    close: () => closeAll([...workers, ingest, gateway]),
  };
}

/** Collects a stream's events until its end, each with when it came, in epoch milliseconds. */
export function collect(client: Client, id: string) {
  const events: (StreamEvent & { readonly atMs: number })[] = [];
  const over = (async () => {
    for await (const event of client.watch(id)) events.push({ ...event, atMs: Date.now() });
  })();
  return { id, events, over };
}

/** Returns the value below which `share` of `values` lie; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** How old the labels were when they came, in seconds: from the arrival of a window's last frame to the event. */
export function labelAges(events: readonly (StreamEvent & { readonly atMs: number })[]): number[] {
  return events.flatMap((event) =>
    event.type === 'scores' && event.wall ? [(event.atMs - Date.parse(event.wall)) / 1_000] : [],
  );
}

/** What a test has measured; it is the only line that it prints. */
export function report(what: string, figures: Readonly<Record<string, number | string>>): void {
  const told = Object.entries(figures).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toFixed(3)) : value}`,
  );
  process.stderr.write(`figure | ${what} | ${told.join(', ')}\n`);
}
