// A stream that goes from one ingest to another.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

describe('another ingest', () => {
  const wholeRun = async () => {
    stage.worker.work();
    await stage.ingest();
    const stream = await stage.submit({ path: 'film.mp4' });
    await stream.reaches('ended');
    return stage.worker.taken
      .splice(0)
      .map(({ window, hash }) => [window.seq, window.times, window.repeats, hash]);
  };

  it('goes on where one was shut down, with the same windows', async () => {
    await stage.worker.serve();
    const undisturbed = await wholeRun();
    await stage.close();
    stage = openStage(sandbox, clips.path);
    await stage.worker.serve();

    const first = await stage.ingest();
    const stream = await stage.submit({ path: 'film.mp4' });
    await stream.isFull();
    await first.close();
    expect(ffmpegs()).toEqual([]);
    expect(await stream.leases()).toMatchObject({ active: 0, waiting: 1 });
    expect((await stream.record()).end).toBeUndefined();

    await stage.ingest();
    stage.worker.work();
    await stream.reaches('ended');
    const resumed = stage.worker.taken.map(({ window, hash }) => [
      window.seq,
      window.times,
      window.repeats,
      hash,
    ]);
    expect(resumed).toEqual(undisturbed);
    expect(await stream.statuses()).toEqual([
      'queued',
      'connecting',
      'running',
      'reconnecting',
      'running',
      'ended',
    ]);
  });

  it('has the last word: the one before writes nothing any more', async () => {
    await stage.worker.serve();
    await stage.ingest();
    const stream = await stage.submit({ path: 'film.mp4' });
    await stream.isFull();
    await stage.redis.hset(stage.keys.stream(stream.id), 'lease', 'another');
    await eventually('ffmpeg to be gone', () => ffmpegs().length === 0);
    stage.worker.work();
    await eventually('what was published to be taken', () => stage.worker.taken.length === LIMIT);
    expect((await stream.record()).published).toBe(LIMIT);
    expect(await stream.statuses()).toEqual(['queued', 'connecting', 'running']);
  });

  it('sends a window again that was sent and not written down: it is taken once more, the same', async () => {
    await stage.worker.serve();
    await stage.ingest().then((service) => service.close());
    const stream = await stage.submit({ path: 'short.mp4' });
    const service = await stage.ingest();
    await stream.endIsOut();
    await service.close();
    // As if the first ingest had died between the job and the record.
    await stage.redis.hdel(stage.keys.stream(stream.id), 'end');
    await stage.redis.hset(stage.keys.stream(stream.id), 'published', 0, 'nextFrame', 0);
    await stage.ingest();
    await stream.endIsOut();
    stage.worker.work();
    await stream.reaches('ended');
    expect(stage.worker.taken.map(({ window }) => [window.seq, window.times.length])).toEqual([
      [0, 8],
      [1, 0],
    ]);
  });

  it('does not begin again a stream whose end is out', async () => {
    await stage.worker.serve();
    const first = await stage.ingest();
    const stream = await stage.submit({ path: 'short.mp4' });
    await stream.endIsOut();
    await first.close();
    await stage.ingest();
    stage.worker.work();
    await stream.reaches('ended');
    expect(await stage.metrics.text()).toMatch(/^verbcast_ffmpeg_starts_total 1$/m);
    expect(stage.worker.taken).toHaveLength(2);
  });
});
