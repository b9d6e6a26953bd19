// Files that bring ten times what a worker can do wait: nothing is dropped, and what waits is bounded.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClipDirectory, openClipDirectory } from '../fixtures/clip.ts';
import { collect, MODEL, openPipeline, type Pipeline, report } from '../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

const FILES = 4;
const SECONDS = 20;
const SAMPLE_FPS = 10;
const IN_FLIGHT = 3;
/** Frames of a full window of a file. */
const WINDOW = 16;
/** ffmpeg decodes each of these files in about a second here; the worker takes ten. */
const MS_PER_FRAME = 12;

let sandbox: Sandbox;
let clips: ClipDirectory;
let pipeline: Pipeline;
beforeAll(async () => {
  clips = await openClipDirectory();
  const picture = ['-f', 'lavfi', '-i', `testsrc2=s=160x120:r=10:d=${SECONDS}`];
  await clips.make(...picture, '-c:v', 'libx264', '-preset', 'ultrafast', 'film.mp4');
  sandbox = await openSandbox();
  pipeline = await openPipeline(sandbox, {
    mediaDir: clips.path,
    env: { WINDOWS_IN_FLIGHT: String(IN_FLIGHT) },
  });
});
afterAll(async () => {
  await pipeline?.close();
  await sandbox?.close();
  await clips?.remove();
});

test('files wait for a worker ten times too slow: none is dropped, and the bound holds all the time', async () => {
  await pipeline.work(MS_PER_FRAME);
  const submit = () =>
    pipeline.client.createStream({
      source: { path: 'film.mp4' },
      labels: ['one', 'two'],
      options: { sampleFps: SAMPLE_FPS, model: MODEL },
    });
  const alone = collect(pipeline.client, (await submit()).id);
  await alone.over;

  const startedAt = Date.now();
  const files = await Promise.all(Array.from({ length: FILES }, submit));
  const runs = files.map(({ id }) => collect(pipeline.client, id));
  let isOver = false;
  const over = Promise.all(runs.map((run) => run.over)).then(() => {
    isOver = true;
  });
  const inFlight: number[] = [];
  while (!isOver) {
    for (const { id } of files) {
      // In one step, as the record and the timeline of a stream lie in one slot.
      const [published, cursor] = await sampleInFlight(id);
      inFlight.push(published - cursor);
    }
    await delay(20);
  }
  await over;
  const seconds = (Date.now() - startedAt) / 1_000;
  const frames = FILES * SECONDS * SAMPLE_FPS;
  report('files, overload', {
    'frames offered': frames,
    'worker s': (frames * MS_PER_FRAME) / 1_000,
    'took s': seconds,
    'in flight, most': Math.max(...inFlight),
    bound: IN_FLIGHT,
    samples: inFlight.length,
    dropped: await pipeline.metric('verbcast_windows_dropped_total'),
  });
  // The window without frames that carries the end needs no room.
  expect(Math.max(...inFlight)).toBeLessThanOrEqual(IN_FLIGHT + 1);
  const scores = (run: ReturnType<typeof collect>) =>
    run.events.flatMap((event) => (event.type === 'scores' ? event.frames : []));
  for (const run of runs) {
    expect(scores(run)).toEqual(scores(alone));
    expect(run.events.at(-1)).toMatchObject({ status: 'ended' });
    const { counters } = await pipeline.client.stream(run.id);
    expect(counters).toMatchObject({ sampled: SECONDS * SAMPLE_FPS, dropped: 0 });
  }
  expect(scores(alone)).toHaveLength(SECONDS * SAMPLE_FPS);
  expect(Math.ceil((SECONDS * SAMPLE_FPS) / WINDOW)).toBeGreaterThan(2 * IN_FLIGHT);
});

async function sampleInFlight(id: string): Promise<[published: number, cursor: number]> {
  const { keys, redis } = pipeline;
  const replies = await redis
    .multi()
    .hget(keys.stream(id), 'published')
    .hget(keys.timeline(id), 'cursor')
    .exec();
  const [published, cursor] = (replies ?? []).map(([, value]) => Number(value ?? 0));
  return [published ?? 0, cursor ?? 0];
}
