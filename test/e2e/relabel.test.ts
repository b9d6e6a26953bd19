// A label set that is replaced while its stream runs: from the next window on, and without the decoder noticing.
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LabelSetDraft } from '../../protocol/labels.ts';
import { loadWorkerConfig } from '../../worker/config.ts';
import { startWorkers } from '../../worker/main.ts';
import { eventually } from '../support/eventually.ts';
import { collect, openPipeline, type Pipeline } from '../support/pipeline.ts';
import { makeReel, type Reel } from '../support/reel.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let reel: Reel;
let pipeline: Pipeline;
beforeAll(async () => {
  sandbox = await openSandbox();
  reel = await makeReel([{ label: 'pattern', source: { lavfi: 'testsrc2=s=160x120:r=10' }, seconds: 60 }]);
  pipeline = await openPipeline(sandbox, { mediaDir: dirname(reel.path) });
  const env = {
    REDIS_URL: sandbox.url,
    KEY_PREFIX: pipeline.keys.prefix,
    MODEL: 'pocket',
    INFERENCE_THREADS: '1',
  };
  sandbox.use(await startWorkers(loadWorkerConfig(env), sandbox));
});
afterAll(async () => {
  await pipeline?.close();
  await sandbox?.close();
  await reel?.close();
});

/** Without background prompts two labels share a score of 1: the better of them always holds. */
const set = (...labels: string[]): LabelSetDraft => ({
  labels,
  background: [],
  thresholds: { on: 0.4, off: 0.1, minOnSeconds: 0, minOffSeconds: 1 },
});

test('new labels count from the next window on, close what went away, and leave the decoder alone', async () => {
  const { client } = pipeline;
  const { id } = await client.createStream({
    source: { path: reel.path },
    ...set('playing guitar', 'swimming', 'boxing'),
    // As a camera: windows of half a second, at the speed of the media.
    options: { mode: 'live', sampleFps: 4 },
  });
  const { events, over } = collect(client, id);
  const started = await eventually('an action', () => events.find(({ type }) => type === 'action.started'));
  const starts = await pipeline.metric('verbcast_ffmpeg_starts_total');
  expect(starts).toBe(1);

  const { labelsVersion } = await client.setLabels(id, set('archery', 'golf swing'));
  expect(labelsVersion).toBe(2);
  await eventually('scores of the new labels, three windows long', () => {
    const fresh = events.filter((event) => event.type === 'scores' && event.labelsVersion === 2);
    return fresh.length >= 3;
  });
  await client.stop(id);
  await over;

  const changed = events.findIndex(({ type }) => type === 'labels.changed');
  expect(events[changed]).toMatchObject({ labelsVersion: 2, labels: ['archery', 'golf swing'] });
  // Every window before it was scored with the old labels, every one after it with the new ones.
  const versions = (from: number, to: number) =>
    new Set(
      events.slice(from, to).flatMap((event) => (event.type === 'scores' ? [event.labelsVersion] : [])),
    );
  expect([...versions(0, changed)]).toEqual([1]);
  expect([...versions(changed, events.length)]).toEqual([2]);

  // The action of a label that went away ends with the first window of the new set, at the last frame that knew it.
  const next = events.slice(changed + 1).find(({ type }) => type === 'scores');
  const ended = events.find(
    (event) => event.type === 'action.ended' && 'action' in started && event.action.id === started.action.id,
  );
  if (!ended || !('action' in ended) || !next) throw new Error('Expected the action to end.');
  expect(ended.seq).toBeGreaterThan(events[changed]?.seq ?? Number.POSITIVE_INFINITY);
  expect(ended.seq).toBeLessThan(next.seq);
  expect(ended.action.end).toBeLessThan(next.media);
  const names = events
    .slice(changed + 1)
    .flatMap((event) => (event.type === 'scores' ? event.frames.flatMap(({ top }) => top) : []))
    .map(({ label }) => label);
  expect(new Set(names)).toEqual(new Set(['archery', 'golf swing']));

  expect(await pipeline.metric('verbcast_ffmpeg_starts_total')).toBe(starts);
  expect(await pipeline.metric('verbcast_ffmpeg_restarts_total')).toBe(0);
});
