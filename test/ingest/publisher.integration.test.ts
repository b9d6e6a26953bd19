// A live stream makes room: what is dropped, what is told of it, and what stays.
import { Queue, Worker } from 'bullmq';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Frame } from '../../ingest/decoder.ts';
import { createIngestMetrics } from '../../ingest/metrics.ts';
import { WindowPublisher } from '../../ingest/publisher.ts';
import { claimStream, LeaseLost } from '../../ingest/stream-record.ts';
import type { Keyspace } from '../../protocol/keys.ts';
import type { StreamMode } from '../../protocol/stream.ts';
import { createMetrics, type Metrics } from '../../runtime/metrics.ts';
import type { Redis } from '../../runtime/redis.ts';
import { decodeEntry } from '../../worker/history.ts';
import { eventually } from '../support/eventually.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

const STREAM = 'st_publisher';
const LIMIT = 3;
const never = new AbortController().signal;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
afterAll(() => sandbox.close());

let keys: Keyspace;
let redis: Redis;
let queue: Queue;
let metrics: Metrics;
beforeEach(async () => {
  keys = sandbox.keyspace();
  redis = sandbox.open('patient');
  queue = sandbox.use(new Queue(keys.windowsQueue('m'), { connection: redis, prefix: keys.queuePrefix }));
  metrics = createMetrics();
  await redis.hset(keys.stream(STREAM), {
    ...{ id: STREAM, source: 'x', mode: 'live', model: 'm', sampleFps: 2, poolSeconds: 3, createdAt: 1 },
    status: 'running',
  });
});

async function publisher(mode: StreamMode, lease = 'a') {
  const holder = { redis, keys, stream: STREAM, lease };
  const record = await claimStream(holder);
  if (!record) throw new Error('Expected a record.');
  const { published, nextFrame } = record;
  return new WindowPublisher({
    ...{ holder, queue, mode, sizePx: 2, limit: LIMIT, published, nextFrame, log: sandbox.log },
    metrics: createIngestMetrics(metrics),
  });
}

const frame = (index: number): Frame => ({
  index,
  mediaSeconds: index / 2,
  pixels: new Uint8Array(12).fill(index),
});
const waiting = async () =>
  (await queue.getJobs(['waiting', 'prioritized', 'delayed', 'active'])).map(({ data }) => data.seq).sort();
const history = async () =>
  Object.fromEntries(
    Object.entries(await redis.hgetallBuffer(keys.embeddings(STREAM))).map(([seq, entry]) => [
      seq,
      decodeEntry(entry),
    ]),
  );
const pixels = async () => (await redis.keys(`${keys.prefix}:*:frames:*`)).length;

it('drops the oldest that wait, and leaves a tombstone that the timeline can read', async () => {
  const live = await publisher('live');
  for (let k = 0; k < 5; k++) await live.publishWindow([frame(k)], never);
  expect(await waiting()).toEqual([2, 3, 4]);
  expect(await pixels()).toBe(LIMIT);
  expect(await history()).toEqual({
    0: { kind: 'tombstone', dropped: 'overload', from: 0, to: 0.5, frames: 2, windows: 2 },
  });
  expect(await redis.hget(keys.stream(STREAM), 'published')).toBe('5');
  expect(await metrics.text()).toMatch(/^verbcast_frames_dropped_total 2$/m);
  expect(await metrics.text()).toMatch(/^verbcast_frames_sampled_total 5$/m);
});

it('lets one tombstone grow while nobody works, and begins another behind what a timeline has passed', async () => {
  const live = await publisher('live');
  for (let k = 0; k < 103; k++) await live.publishWindow([frame(k)], never);
  expect(await history()).toEqual({ 0: expect.objectContaining({ frames: 100, windows: 100, to: 49.5 }) });
  await redis.hset(keys.timeline(STREAM), 'cursor', 100);
  for (let k = 103; k < 105; k++) await live.publishWindow([frame(k)], never);
  expect(await history()).toEqual({
    0: expect.objectContaining({ windows: 100 }),
    100: expect.objectContaining({ windows: 2, from: 50, to: 50.5 }),
  });
  expect(await metrics.text()).toMatch(/^verbcast_windows_dropped_total 102$/m);
});

it('gives the oldest a better turn with every window dropped before it', async () => {
  const live = await publisher('live');
  const priorities = async () =>
    Object.fromEntries((await queue.getJobs(['prioritized'])).map((job) => [job.data.seq, job.priority]));
  for (let k = 0; k < LIMIT; k++) await live.publishWindow([frame(k)], never);
  expect(await priorities()).toEqual({ 0: 64, 1: 65, 2: 66 });
  for (let k = LIMIT; k < LIMIT + 10; k++) await live.publishWindow([frame(k)], never);
  expect(await priorities()).toEqual({ 10: 54, 11: 66, 12: 66 });
});

it('tells of what a full Redis did not take, as soon as it takes something again', async () => {
  const live = await publisher('live');
  await live.publishWindow([frame(0)], never);
  await redis.config('SET', 'maxmemory', '1');
  // The first one makes room: what waits is older than it.
  for (let k = 1; k < 6; k++) await live.publishWindow([frame(k)], never);
  expect(await pixels()).toBe(0);
  await redis.config('SET', 'maxmemory', '0');
  await live.publishWindow([frame(6)], never);
  expect(await history()).toEqual({
    0: expect.objectContaining({ kind: 'tombstone', windows: 6, frames: 6, from: 0, to: 2.5 }),
  });
  expect(await waiting()).toEqual([6]);
  expect(await redis.hmget(keys.stream(STREAM), 'published', 'nextFrame')).toEqual(['7', '7']);
  expect(await metrics.text()).toMatch(/^verbcast_windows_dropped_total 6$/m);
});

it('drops the new one when all others are being worked on', async () => {
  const live = await publisher('live');
  for (let k = 0; k < LIMIT; k++) await live.publishWindow([frame(k)], never);
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const worker = new Worker(queue.name, () => released, {
    ...{ connection: redis, prefix: keys.queuePrefix, concurrency: LIMIT },
  });
  await eventually('all to be active', async () => (await queue.getActiveCount()) === LIMIT);
  await live.publishWindow([frame(3)], never);
  expect(Object.keys(await history())).toEqual(['3']);
  expect(await redis.hmget(keys.stream(STREAM), 'published', 'nextFrame')).toEqual(['4', '4']);
  // The cursor passes what was worked on, and there is room again.
  await redis.hset(keys.timeline(STREAM), 'cursor', 4);
  release();
  await eventually('all to be done', async () => (await queue.getActiveCount()) === 0);
  await worker.close();
  await live.publishWindow([frame(4)], never);
  expect(await waiting()).toEqual([4]);
});

it('counts nothing dropped that a worker has just done', async () => {
  const live = await publisher('live');
  for (let k = 0; k < LIMIT; k++) await live.publishWindow([frame(k)], never);
  await redis.hset(keys.embeddings(STREAM), '0', 'done');
  await live.publishWindow([frame(3)], never);
  expect(await redis.hget(keys.embeddings(STREAM), '0')).toBe('done');
  expect(await metrics.text()).toMatch(/^verbcast_frames_dropped_total 0$/m);
});

it('lets a file wait for as long as it takes, and be called back', async () => {
  const file = await publisher('file');
  for (let k = 0; k < LIMIT; k++) await file.publishWindow([frame(k)], never);
  const controller = new AbortController();
  const fourth = file.publishWindow([frame(3)], controller.signal);
  controller.abort(new Error('called back'));
  await expect(fourth).rejects.toThrow('called back');
  const again = file.publishWindow([frame(3)], never);
  expect(await waiting()).toEqual([0, 1, 2]);
  await redis.hset(keys.timeline(STREAM), 'cursor', 1);
  await again;
  expect(await waiting()).toEqual([0, 1, 2, 3]);
});

it('writes nothing without the lease: no pixels, no job, no step, no end', async () => {
  const first = await publisher('file');
  await first.publishWindow([frame(0)], never);
  const second = await publisher('file', 'b');
  await expect(first.publishWindow([frame(1)], never)).rejects.toThrow(LeaseLost);
  await expect(first.publishEnd({ status: 'ended' })).rejects.toThrow(LeaseLost);
  expect(await waiting()).toEqual([0]);
  expect(await pixels()).toBe(1);
  await second.publishWindow([frame(1)], never);
  expect(await waiting()).toEqual([0, 1]);
});

it('leaves pixels that expire, and a job that is gone when it is done', async () => {
  const file = await publisher('file');
  await file.publishWindow([frame(0), frame(1)], never);
  expect(await redis.getBuffer(keys.frames(STREAM, 0))).toEqual(
    Buffer.from([...frame(0).pixels, ...frame(1).pixels]),
  );
  expect(await redis.pttl(keys.frames(STREAM, 0))).toBeGreaterThan(0);
  const [job] = await queue.getJobs(['prioritized']);
  expect(job?.data).toMatchObject({ v: 1, stream: STREAM, seq: 0, times: [0, 0.5], repeats: [], sizePx: 2 });
  expect(job?.opts).toMatchObject({ removeOnComplete: true, removeOnFail: true, attempts: 5, priority: 1 });
  expect(JSON.stringify(job?.data).length).toBeLessThan(300);
});
