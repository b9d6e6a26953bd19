// Redis is not there yet, hangs, dies, or has no memory left: what the services do, and what a client notices of it.
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StreamEvent } from '../../protocol/event.ts';
import { type Cluster, type ServiceProcess, startCluster } from '../support/cluster.ts';
import { type DurableRedis, prepareRedis } from '../support/durable-redis.ts';
import { eventually } from '../support/eventually.ts';
import { report } from '../support/pipeline.ts';
import { makeReel, type Reel } from '../support/reel.ts';
import { expectSameLabels, watchToEnd } from '../support/same-labels.ts';

const PARTS = ['testsrc2=s=320x240:r=25', 'mandelbrot=s=320x240:r=25', 'life=s=320x240:r=25:mold=10'];
const SECONDS = 60;
const CUT_SECONDS = process.env.VERBCAST_LONG ? 30 : 10;

let reel: Reel;
let redis: DurableRedis;
let cluster: Cluster;
let services: ServiceProcess[];
let undisturbed: StreamEvent[];
beforeAll(async () => {
  redis = await prepareRedis();
  reel = await makeReel(
    PARTS.map((lavfi) => ({ label: lavfi, source: { lavfi }, seconds: SECONDS / PARTS.length })),
  );
});
afterAll(async () => {
  await cluster?.close();
  await reel?.close();
});

async function submit(): Promise<string> {
  const { id } = await cluster.client.createStream({
    source: { path: reel.path },
    labels: ['playing billiards', 'skydiving', 'playing tennis', 'abseiling'],
    thresholds: { on: 0.25, off: 0.2 },
    options: { sampleFps: 10 },
  });
  return id;
}
const probe = (path: string) =>
  fetch(cluster.url + path).then(
    (response) => response.json().then((body: unknown) => ({ status: response.status, body })),
    () => undefined,
  );

test('absent at the start: the services live and wait, the gateway is not ready, and all go on when it comes', async () => {
  cluster = await startCluster([], { MEDIA_DIRS: dirname(reel.path), INFERENCE_THREADS: '1' }, redis);
  services = [cluster.start('gateway'), cluster.start('ingest'), cluster.start('worker')];
  const health = await eventually('the gateway to live', () => probe('/healthz'), { withinMs: 30_000 });
  expect(health.status).toBe(200);
  expect(await probe('/readyz')).toMatchObject({ status: 503, body: { code: 'E_REDIS_UNAVAILABLE' } });
  for (const { name, log } of services) {
    await eventually(`${name} to say so`, () => log().includes('Redis cannot be reached'), {
      withinMs: 30_000,
    });
  }
  await redis.start({ 'maxmemory-policy': 'allkeys-lru' });
  const startedAt = Date.now();
  await cluster.ready();
  expect(await probe('/readyz')).toMatchObject({ status: 200 });
  report('Redis absent at the start', { 'ready after it came, s': (Date.now() - startedAt) / 1_000 });
  // The policy is wrong, too.
  for (const { name, log } of services) {
    await eventually(`${name} to warn of the policy`, () =>
      log().includes('set maxmemory-policy to noeviction'),
    );
  }
  undisturbed = await watchToEnd(cluster.client, await submit());
  expect(undisturbed.at(-1)).toMatchObject({ status: 'ended' });
});

async function runThrough(cut: () => Promise<void>): Promise<{ events: StreamEvent[]; seconds: number }> {
  let scored = 0;
  let cutOver: Promise<number> | undefined;
  const begin = async () => {
    await cut();
    return Date.now();
  };
  const events = await watchToEnd(cluster.client, await submit(), (event) => {
    scored += event.type === 'scores' ? 1 : 0;
    if (scored === 5) cutOver ??= begin();
  });
  const endedAt = Date.now();
  if (!cutOver) throw new Error('Expected the stream to be cut.');
  return { events, seconds: (endedAt - (await cutOver)) / 1_000 };
}

test('frozen in the middle of a file: everybody waits, and the labels are those of an undisturbed run', async () => {
  const { events, seconds } = await runThrough(async () => {
    redis.freeze();
    await delay(CUT_SECONDS * 1_000);
    redis.thaw();
  });
  report(`Redis frozen for ${CUT_SECONDS} s`, { 'ended after it went on, s': seconds });
  expectSameLabels(events, undisturbed);
});

test('killed in the middle of a file and started again: the labels are those of an undisturbed run', async () => {
  const { events, seconds } = await runThrough(async () => {
    await redis.kill();
    expect(await eventually('not ready', () => probe('/readyz'))).toMatchObject({ status: 503 });
    await delay(CUT_SECONDS * 1_000);
    await redis.start();
  });
  report(`Redis killed for ${CUT_SECONDS} s`, { 'ended after it was back, s': seconds });
  expectSameLabels(events, undisturbed);
  expect(services.map(({ log }) => /"level":60/.test(log()))).toEqual([false, false, false]);
});
