// A stream that is stopped, that meets a full Redis, that stands in for a camera.
import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ClipDirectory, H264, numbered, openClipDirectory, SMALL } from '../fixtures/clip.ts';
import { eventually } from '../support/eventually.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { ffmpegs, LIMIT, MODEL, openStage, type Stage } from '../support/stream-stage.ts';

let sandbox: Sandbox;
let clips: ClipDirectory;
beforeAll(async () => {
  sandbox = await openSandbox();
  clips = await openClipDirectory();
  await clips.make(...numbered({ seconds: 50 }), ...H264, 'film.mp4');
  await clips.make(...numbered({ seconds: 4 }), ...H264, 'short.mp4');
});
afterAll(async () => {
  await sandbox.close();
  await clips.remove();
});

let stage: Stage;
beforeEach(() => {
  stage = openStage(sandbox, clips.path);
});
afterEach(() => stage.close());

describe('a stop', () => {
  it('ends a stream that runs, after what was published', async () => {
    await stage.worker.serve();
    await stage.ingest();
    const stream = await stage.submit({ path: 'film.mp4' });
    await stream.isFull();
    await stream.stop();
    await eventually('ffmpeg to be gone', () => ffmpegs().length === 0);
    stage.worker.work();
    await stream.reaches('cancelled');
    expect(stage.worker.taken.map(({ window }) => window.end?.status)).toEqual([
      undefined,
      undefined,
      undefined,
      'cancelled',
    ]);
  });

  it('ends a stream whose model nobody serves', async () => {
    await stage.ingest();
    const stream = await stage.submit({ path: 'short.mp4' });
    await eventually('the reason', async () => (await stream.record()).reason !== undefined);
    await stream.stop();
    await stream.reaches('cancelled');
    expect(await stream.statuses()).toEqual(['queued', 'connecting', 'connecting', 'cancelled']);
  });

  it('ends a stream whose workers have gone, and removes what waited for them', async () => {
    await stage.worker.serve();
    await stage.ingest();
    const stream = await stage.submit({ path: 'film.mp4' });
    await stream.isFull();
    await stage.worker.vanish();
    await stream.stop();
    await stream.reaches('cancelled');
    expect(await stream.waitingPixels()).toBe(0);
    const windows = new Queue(stage.keys.windowsQueue(MODEL), {
      connection: stage.redis,
      prefix: stage.keys.queuePrefix,
    });
    expect(Object.values(await windows.getJobCounts()).every((count) => count === 0)).toBe(true);
    expect(await stream.statuses()).toEqual(['queued', 'connecting', 'running', 'cancelled']);
  });

  it('and until then it keeps no place that others wait for', async () => {
    await stage.ingest({ INGEST_STREAMS: '1' });
    const first = await stage.submit({ path: 'short.mp4' });
    await eventually('the reason', async () => (await first.record()).reason !== undefined);
    const second = await stage.submit({ path: 'short.mp4' });
    await second.reaches('connecting');
    await first.reaches('connecting');
    expect(await first.statuses()).toEqual(['queued', 'connecting', 'connecting']);
    await stage.worker.serve();
    stage.worker.work();
    await second.reaches('ended');
    await first.reaches('ended');
  });

  it('before the beginning is an end without a beginning', async () => {
    await stage.worker.serve();
    stage.worker.work();
    const stream = await stage.submit({ path: 'film.mp4' });
    await stream.stop();
    await stage.ingest();
    await stream.reaches('cancelled');
    expect(await stream.statuses()).toEqual(['queued', 'cancelled']);
  });
});

describe('Redis without memory', () => {
  it('makes a file wait, and loses nothing', async () => {
    await stage.changeWorker({ ...SMALL, sizePx: 224, resizePx: 224 });
    await stage.worker.serve();
    await stage.ingest();
    const admin = sandbox.open();
    const refusals = async () =>
      Number(/^verbcast_redis_full_total (\d+)$/m.exec(await stage.metrics.text())?.[1] ?? 0);
    const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1]);
    // Room for one window of 16 frames, and the tenth that pixels leave free.
    await admin.config('SET', 'maxmemory', String(used + 3_500_000));
    const stream = await stage.submit({ path: 'film.mp4' });
    try {
      await eventually('ingest to be refused', async () => (await refusals()) > 0);
      expect((await stream.record()).published).toBeLessThan(LIMIT);
    } finally {
      await admin.config('SET', 'maxmemory', '0');
    }
    stage.worker.work();
    await stream.reaches('ended');
    const seqs = stage.worker.taken.map(({ window }) => window.seq);
    expect(seqs).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(stage.worker.taken.flatMap(({ window }) => window.times)).toHaveLength(100);
    expect(stage.worker.taken.slice(0, -1).every(({ hash }) => hash !== '')).toBe(true);
  });
});

describe('a file in place of a camera', () => {
  it('is read at the speed of the media, with the time of day', async () => {
    await stage.worker.serve();
    stage.worker.work();
    await stage.ingest();
    const startedAt = Date.now();
    const stream = await stage.submit({ path: 'short.mp4' }, { mode: 'live' });
    await stream.reaches('ended');
    const windows = stage.worker.taken.map(({ window }) => window).filter(({ times }) => times.length > 0);
    expect(windows.map(({ times }) => times)).toEqual([[0], [0.5], [1], [1.5], [2], [2.5], [3], [3.5]]);
    const walls = windows.map(({ wall }) => wall ?? 0);
    expect(walls[0]).toBeGreaterThanOrEqual(startedAt);
    expect((walls.at(-1) ?? 0) - (walls[0] ?? 0)).toBeGreaterThan(2_000);
  });
});
