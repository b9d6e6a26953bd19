// One stream that floods, and three that do not: what the three notice of it.
import { afterAll, beforeAll, expect, test } from 'vitest';
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

const LIGHT = 3;
const SAMPLE_FPS = 2;
const LABELS_EACH = process.env.VERBCAST_LONG ? 60 : 20;
/** As CLIP ViT-B/32 on one core: a batch of 32 frames takes 1.6 s, a light stream's frame 50 ms. */
const MS_PER_FRAME = 50;
const FACTOR_MAX = 2;

let sandbox: Sandbox;
let clips: ClipDirectory;
let pipeline: Pipeline;
beforeAll(async () => {
  clips = await openClipDirectory();
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=10:d=300'];
  await clips.make(...picture, '-c:v', 'libx264', '-preset', 'ultrafast', 'film.mp4');
  sandbox = await openSandbox();
  pipeline = await openPipeline(sandbox, { mediaDir: clips.path, env: { WINDOWS_IN_FLIGHT: '64' } });
});
afterAll(async () => {
  await pipeline?.close();
  await sandbox?.close();
  await clips?.remove();
});

async function submit(options: { mode: 'file' | 'live'; sampleFps: number }) {
  const { id } = await pipeline.client.createStream({
    source: { path: 'film.mp4' },
    labels: ['one', 'two'],
    options: { model: MODEL, ...options },
  });
  return collect(pipeline.client, id);
}

test('a file that floods the worker at most doubles the latency of three live streams', async () => {
  await pipeline.work(MS_PER_FRAME);
  const lights = await Promise.all(
    Array.from({ length: LIGHT }, () => submit({ mode: 'live', sampleFps: SAMPLE_FPS })),
  );
  const measure = async () => {
    const from = lights.map(({ events }) => events.length);
    const ages = () => lights.map(({ events }, i) => labelAges(events.slice(from[i])));
    await eventually('labels', () => ages().every((own) => own.length >= LABELS_EACH), { withinMs: 90_000 });
    return ages().flat();
  };
  const scored = (events: typeof hog.events) =>
    events.reduce((frames, event) => frames + (event.type === 'scores' ? event.frames.length : 0), 0);

  await eventually('the first labels', () => lights.every(({ events }) => labelAges(events).length > 2));
  const solo = await measure();
  const hog = await submit({ mode: 'file', sampleFps: 10 });
  await eventually('the file to be under way', () => scored(hog.events) > 32, { withinMs: 60_000 });
  const [framesBefore, since] = [scored(hog.events), Date.now()];
  const beside = await measure();
  const hogRate = ((scored(hog.events) - framesBefore) / (Date.now() - since)) * 1_000;
  await Promise.all([hog, ...lights].map(({ id }) => pipeline.client.stop(id)));
  await Promise.all(lights.map(({ over }) => over));

  const factor = percentile(beside, 0.95) / percentile(solo, 0.95);
  report('one hog, three light streams', {
    'solo p50 s': percentile(solo, 0.5),
    'solo p95 s': percentile(solo, 0.95),
    'beside p50 s': percentile(beside, 0.5),
    'beside p95 s': percentile(beside, 0.95),
    factor,
    labels: beside.length,
    'frames/s of the hog': hogRate,
    'frames/s of the worker': 1_000 / MS_PER_FRAME,
    dropped: await pipeline.metric('verbcast_windows_dropped_total'),
  });
  expect(factor).toBeLessThanOrEqual(FACTOR_MAX);
  // What the light ones leave, the hog gets.
  expect(hogRate).toBeGreaterThan((1_000 / MS_PER_FRAME - LIGHT * SAMPLE_FPS) * 0.6);
});
