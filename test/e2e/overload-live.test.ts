// Live streams that bring ten times what a worker can do: what is dropped, what is told, how fresh labels stay.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { StreamEvent } from '../../protocol/event.ts';
import { type ClipDirectory, openClipDirectory } from '../fixtures/clip.ts';
import { eventually } from '../support/eventually.ts';
import {
  collect,
  labelAges,
  MODEL,
  openPipeline,
  type Pipeline,
  percentile,
  report,
} from '../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

const STREAMS = 10;
const SAMPLE_FPS = 2;
const MEASURED_SECONDS = process.env.VERBCAST_LONG ? 60 : 12;
const MEMORY_SLACK = 0.05;
const AGE_MAX_SECONDS = 3;

let sandbox: Sandbox;
let clips: ClipDirectory;
beforeAll(async () => {
  clips = await openClipDirectory();
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=10:d=120'];
  await clips.make(...picture, '-c:v', 'libx264', '-preset', 'ultrafast', 'film.mp4');
});
afterAll(() => clips.remove());

let pipeline: Pipeline;
beforeEach(async () => {
  sandbox = await openSandbox();
  pipeline = await openPipeline(sandbox, { mediaDir: clips.path });
});
afterEach(async () => {
  await pipeline.close();
  await sandbox.close();
});

async function watchCameras() {
  const submit = () =>
    pipeline.client.createStream({
      source: { path: 'film.mp4' },
      labels: ['one', 'two'],
      options: { mode: 'live', sampleFps: SAMPLE_FPS, model: MODEL },
    });
  const records = await Promise.all(Array.from({ length: STREAMS }, submit));
  return records.map(({ id }) => collect(pipeline.client, id));
}

async function sampleMemory(): Promise<{ spread: number; bytes: number }> {
  const samples: number[] = [];
  for (let i = 0; i < MEASURED_SECONDS * 2; i++) {
    // A window that is replaced just now is gone for a moment: that is no change.
    const readings = [];
    for (let j = 0; j < 5; j++) {
      readings.push(await pipeline.usedBytes());
      await delay(20);
    }
    samples.push(percentile(readings, 0.5));
    await delay(400);
  }
  const mean = samples.reduce((a, b) => a + b) / samples.length;
  return { bytes: mean, spread: Math.max(...samples.map((bytes) => Math.abs(bytes - mean) / mean)) };
}

const gaps = (events: readonly StreamEvent[]) =>
  events.flatMap((event) => (event.type === 'gap' && event.reason === 'overload' ? [event] : []));
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const dropped = () => pipeline.metric('verbcast_windows_dropped_total');

test('a worker that keeps a tenth: memory is flat, labels are fresh, and each window dropped is told', async () => {
  await pipeline.work(1_000 / (STREAMS * SAMPLE_FPS * 0.1));
  const cameras = await watchCameras();
  await eventually('every stream to drop', () => cameras.every(({ events }) => gaps(events).length > 0), {
    withinMs: 60_000,
  });
  const from = Date.now();
  const memory = await sampleMemory();
  const ages = cameras.flatMap(({ events }) => labelAges(events.filter(({ atMs }) => atMs >= from)));
  const served = cameras.map(({ events }) => labelAges(events.filter(({ atMs }) => atMs >= from)).length);
  await Promise.all(cameras.map(({ id }) => pipeline.client.stop(id)));
  await Promise.all(cameras.map(({ over }) => over));

  const counters = await Promise.all(
    cameras.map(async ({ id }) => (await pipeline.client.stream(id)).counters),
  );
  const told = sum(cameras.flatMap(({ events }) => gaps(events).map(({ windows }) => windows)));
  report('live, 10x overload', {
    'label age p50 s': percentile(ages, 0.5),
    'p95 s': percentile(ages, 0.95),
    'max s': Math.max(...ages),
    labels: ages.length,
    'labels of a stream, least': Math.min(...served),
    most: Math.max(...served),
    'Redis MB': memory.bytes / 1e6,
    'spread %': memory.spread * 100,
    'windows dropped': await dropped(),
    told,
  });
  expect(memory.spread).toBeLessThan(MEMORY_SLACK);
  expect(percentile(ages, 0.95)).toBeLessThan(AGE_MAX_SECONDS);
  expect(Math.min(...served)).toBeGreaterThan(0);
  expect(told).toBe(await dropped());
  for (const { sampled, embedded, reused, dropped: lost } of counters) {
    expect(embedded + reused + lost).toBe(sampled);
  }
  // A window of these streams is one frame.
  expect(sum(counters.map((counter) => counter.dropped))).toBe(told);
});

test('no worker at all: tombstones do not pile up, and who comes tells of all in one gap', async () => {
  await pipeline.pretend();
  const cameras = await watchCameras();
  await eventually('drops', async () => (await dropped()) > STREAMS * 3, { withinMs: 60_000 });
  const entries = () =>
    Promise.all(cameras.map(({ id }) => pipeline.redis.hlen(pipeline.keys.embeddings(id))));
  const memory = await sampleMemory();
  expect(await entries()).toEqual(cameras.map(() => 1));
  const before = await dropped();
  const worker = await pipeline.work(1);
  await eventually('labels', () => cameras.every(({ events }) => labelAges(events).length > 0));
  await Promise.all(cameras.map(({ id }) => pipeline.client.stop(id)));
  await Promise.all(cameras.map(({ over }) => over));
  await worker.close();
  const told = cameras.map(({ events }) => gaps(events));
  report('live, no worker', {
    'windows dropped': before,
    'Redis MB': memory.bytes / 1e6,
    'spread %': memory.spread * 100,
    gaps: told.flat().length,
  });
  expect(memory.spread).toBeLessThan(MEMORY_SLACK);
  expect(sum(told.flat().map(({ windows }) => windows))).toBe(await dropped());
  expect(told.flat().length).toBeLessThanOrEqual(2 * STREAMS);
});
