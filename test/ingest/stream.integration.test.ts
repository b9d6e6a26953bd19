// A stream's life: what an ingest writes, waits for, and leaves behind.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { renewExpiries } from '../../ingest/pulse.ts';
import { type ClipDirectory, H264, numbered, openClipDirectory } from '../fixtures/clip.ts';
import { eventually } from '../support/eventually.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { ffmpegs, LIMIT, openStage, type Stage } from '../support/stream-stage.ts';

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

describe('a file', () => {
  it('is published window by window on the grid, ends, and leaves nothing behind', async () => {
    await stage.worker.serve();
    stage.worker.work();
    await stage.ingest();
    const stream = await stage.submit({ path: 'film.mp4' });
    await stream.reaches('ended');
    expect(await stream.statuses()).toEqual(['queued', 'connecting', 'running', 'ended']);
    const windows = stage.worker.taken.map(({ window }) => window);
    expect(windows.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(windows.map(({ times }) => times.length)).toEqual([16, 16, 16, 16, 16, 16, 4, 0]);
    expect(windows.flatMap(({ times }) => times)).toEqual(Array.from({ length: 100 }, (_, k) => k / 2));
    expect(windows.at(-1)?.end).toEqual({ status: 'ended' });
    expect(await stream.record()).toMatchObject({
      ...{ published: 8, nextFrame: 100, sampled: 100, dropped: 0, duration: 50, end: 'ended' },
    });
    await eventually('the lease to be gone', async () =>
      Object.values(await stream.leases()).every((count) => count === 0),
    );
    expect(await stream.waitingPixels()).toBe(0);
    expect(ffmpegs()).toEqual([]);
    expect(await stage.metrics.text()).toMatch(/^verbcast_frames_sampled_total 100$/m);
    expect(await stage.metrics.text()).toMatch(/^verbcast_ffmpeg_starts_total 1$/m);
    expect(await stage.metrics.text()).toMatch(/^verbcast_streams_running 0$/m);
  });

  it('waits while its windows wait: the bound holds, nothing expires, nothing is lost', async () => {
    await stage.worker.serve();
    await stage.ingest();
    const stream = await stage.submit({ path: 'film.mp4' });
    await stream.isFull();
    expect(ffmpegs()).toHaveLength(1);
    for (let look = 0; look < 20; look++) {
      expect((await stream.record()).published).toBe(LIMIT);
      expect(await stream.waitingPixels()).toBeLessThanOrEqual(LIMIT);
    }
    await stage.redis.pexpire(stage.keys.frames(stream.id, 0), 5_000);
    await renewExpiries({ redis: stage.redis, keys: stage.keys, stream: stream.id, lease: '' });
    for (let seq = 0; seq < LIMIT; seq++)
      expect(await stage.redis.pttl(stage.keys.frames(stream.id, seq))).toBeGreaterThan(3_000_000);
    stage.worker.work();
    await stream.reaches('ended');
    expect(stage.worker.taken.flatMap(({ window }) => window.times)).toHaveLength(100);
    expect(new Set(stage.worker.taken.map(({ window }) => window.seq)).size).toBe(stage.worker.taken.length);
    // A stream's later windows stand further back, so that another stream's first comes before them.
    expect(stage.worker.taken.slice(0, LIMIT).map(({ priority }) => priority)).toEqual([1, 2, 3]);
    expect(Math.max(...stage.worker.taken.map(({ priority }) => priority))).toBeLessThanOrEqual(LIMIT + 1);
  });

  it('sends frames that do not change without pixels', async () => {
    await clips.make('-f', 'lavfi', '-i', 'color=gray:s=64x48:r=5:d=10', ...H264, 'static.mp4');
    await stage.worker.serve();
    stage.worker.work();
    await stage.ingest();
    const stream = await stage.submit({ path: 'static.mp4' });
    await stream.reaches('ended');
    expect(stage.worker.taken.map(({ window }) => [window.times.length, window.repeats.length])).toEqual([
      [16, 15],
      [4, 3],
      [0, 0],
    ]);
  });

  it('is read from where uploads lie', async () => {
    await mkdir(join(clips.path, 'uploads'), { recursive: true });
    await copyFile(clips.file('short.mp4'), join(clips.path, 'uploads/up_1'));
    await stage.worker.serve();
    stage.worker.work();
    await stage.ingest();
    const stream = await stage.submit({ upload: 'up_1' });
    await stream.reaches('ended');
    expect((await stream.record()).sampled).toBe(8);
  });

  it('waits for a worker that serves its model, and says so', async () => {
    stage.worker.work();
    await stage.ingest();
    const stream = await stage.submit({ path: 'short.mp4' });
    await eventually('the reason', async () => (await stream.record()).reason?.code === 'E_MODEL_NOT_SERVED');
    expect(ffmpegs()).toEqual([]);
    await stage.worker.serve();
    await stream.reaches('ended');
    expect((await stream.record()).reason).toBeUndefined();
    expect(await stream.statuses()).toEqual(['queued', 'connecting', 'connecting', 'running', 'ended']);
  });
});

describe('a source that is no good', () => {
  it.each([
    ['absent.mp4', 'E_SOURCE_NOT_FOUND'],
    ['../../etc/passwd', 'E_SOURCE_FORBIDDEN'],
    ['empty.mp4', 'E_SOURCE_EMPTY'],
    ['letter.mp4', 'E_SOURCE_UNREADABLE'],
    ['sound.mp4', 'E_SOURCE_NO_VIDEO'],
  ])('fails its stream with a code: %s', async (path, code) => {
    await writeFile(clips.file('empty.mp4'), '');
    await writeFile(clips.file('letter.mp4'), 'Dear reader,\n'.repeat(100));
    await clips.make('-f', 'lavfi', '-i', 'sine=d=1', 'sound.mp4');
    await stage.worker.serve();
    stage.worker.work();
    await stage.ingest();
    const stream = await stage.submit({ path });
    await stream.reaches('failed');
    expect(await stream.record()).toMatchObject({ reason: { code }, end: 'failed', sampled: 0 });
    expect(stage.worker.taken).toMatchObject([{ window: { seq: 0, times: [], end: { status: 'failed' } } }]);
    await eventually('the lease to be gone', async () => (await stream.leases()).active === 0);
  });

  it('fails its stream after the frames that there were', async () => {
    const whole = await clips.make(
      ...numbered({ seconds: 20 }),
      ...H264,
      '-movflags',
      '+faststart',
      'front.mp4',
    );
    const size = Number(execFileSync('stat', ['-c', '%s', whole], { encoding: 'utf8' }));
    execFileSync('truncate', ['-s', String(Math.floor(size * 0.7)), whole]);
    await stage.worker.serve();
    stage.worker.work();
    await stage.ingest();
    const stream = await stage.submit({ path: 'front.mp4' });
    await stream.reaches('failed');
    const record = await stream.record();
    expect(record.reason?.code).toBe('E_DECODE_TRUNCATED');
    expect(record.sampled).toBeGreaterThan(16);
    expect(stage.worker.taken.flatMap(({ window }) => window.times)).toHaveLength(record.sampled);
    expect(await stream.statuses()).toEqual(['queued', 'connecting', 'running', 'failed']);
  });

  it('fails its stream at once when no worker is there to do it', async () => {
    await stage.ingest();
    const stream = await stage.submit({ path: 'absent.mp4' });
    await stream.reaches('failed');
    expect(await stream.statuses()).toEqual(['queued', 'failed']);
    expect(await stage.redis.ttl(stage.keys.events(stream.id))).toBeLessThanOrEqual(7_200);
  });
});
