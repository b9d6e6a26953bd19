// A Redis at its memory limit: files wait and lose nothing, live streams drop and say so, new streams get a code.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClipDirectory, openClipDirectory } from '../fixtures/clip.ts';
import { eventually } from '../support/eventually.ts';
import { collect, MODEL, openPipeline, type Pipeline, report } from '../support/pipeline.ts';
import { framesOf } from '../support/same-labels.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

const SECONDS = process.env.VERBCAST_LONG ? 240 : 120;
const SAMPLE_FPS = 10;
const FULL_SECONDS = process.env.VERBCAST_LONG ? 30 : 6;
/** A window of a file takes 2.4 MB: there is room for two of them, what a live stream has, and the tenth left free. */
const ROOM_BYTES = 8_000_000;

let sandbox: Sandbox;
let clips: ClipDirectory;
let pipeline: Pipeline;
beforeAll(async () => {
  clips = await openClipDirectory();
  const picture = ['-f', 'lavfi', '-i', `testsrc2=s=160x120:r=10:d=${SECONDS}`];
  await clips.make(...picture, '-c:v', 'libx264', '-preset', 'ultrafast', 'film.mp4');
  sandbox = await openSandbox();
  pipeline = await openPipeline(sandbox, { mediaDir: clips.path });
  await pipeline.work(3);
});
afterAll(async () => {
  await pipeline?.close();
  await sandbox?.close();
  await clips?.remove();
});

async function submit(mode: 'file' | 'live') {
  const { id } = await pipeline.client.createStream({
    source: { path: 'film.mp4' },
    labels: ['one', 'two'],
    options: { mode, model: MODEL, sampleFps: SAMPLE_FPS },
  });
  return collect(pipeline.client, id);
}
const limit = (bytes: number) => sandbox.open().config('SET', 'maxmemory', String(Math.round(bytes)));
const refusals = () => pipeline.metric('verbcast_redis_full_total');

test('files go on by what room there is, live streams tell what they lost, and nothing stays stuck', async () => {
  const alone = await submit('file');
  await alone.over;
  const used = await pipeline.usedBytes();

  const live = await submit('live');
  await eventually('live labels', () => framesOf(live.events).length > 0);
  await limit(used + ROOM_BYTES);
  const file = await submit('file');
  await eventually('ingest to be refused', async () => (await refusals()) > 3);
  let most = 0;
  for (let i = 0; i < FULL_SECONDS * 4; i++) {
    most = Math.max(most, await pipeline.usedBytes());
    await delay(250);
  }
  const during = framesOf(file.events).length;
  // Nothing at all fits now.
  await limit(1);
  await expect(submit('file')).rejects.toMatchObject({ code: 'E_REDIS_FULL', status: 503, retry: true });
  await delay(2_000);
  await limit(0);
  await file.over;
  const labelsAfter = framesOf(live.events).length;
  await eventually('live labels again', () => framesOf(live.events).length > labelsAfter);
  await pipeline.client.stop(live.id);
  await live.over;

  const told = live.events.reduce((sum, event) => sum + (event.type === 'gap' ? event.windows : 0), 0);
  report(`Redis at its memory limit for ${FULL_SECONDS} s`, {
    'refused windows': await refusals(),
    'frames of the file meanwhile': during,
    'over the limit at most, MB': (most - used - ROOM_BYTES) / 1e6,
    'live windows dropped': await pipeline.metric('verbcast_windows_dropped_total'),
    told,
  });
  expect(during).toBeGreaterThan(50);
  expect(framesOf(file.events)).toEqual(framesOf(alone.events));
  expect(file.events.at(-1)).toMatchObject({ status: 'ended' });
  expect((await pipeline.client.stream(file.id)).counters.dropped).toBe(0);
  expect(told).toBe(await pipeline.metric('verbcast_windows_dropped_total'));
  const { sampled, embedded, reused, dropped } = (await pipeline.client.stream(live.id)).counters;
  expect(embedded + reused + dropped).toBe(sampled);
});
