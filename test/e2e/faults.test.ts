import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, type ServiceProcess, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { report } from '../support/pipeline.ts';
import { makeReel, type Reel } from '../support/reel.ts';
import { actionsOf, expectSameLabels, framesOf, watchToEnd } from '../support/same-labels.ts';

// Test patterns that pocket takes for different things, so that there are scores and actions to compare.
const PARTS = ['testsrc2=s=320x240:r=25', 'mandelbrot=s=320x240:r=25', 'life=s=320x240:r=25:mold=10'];
const SECONDS = 90;
const SAMPLE_FPS = 10;
const SILENCE_MS = 400;
const TAKEOVER_MAX_SECONDS = 60;

let reel: Reel;
let cluster: Cluster;
let worker: ServiceProcess;

beforeAll(async () => {
  reel = await makeReel(
    PARTS.map((lavfi) => ({ label: lavfi, source: { lavfi }, seconds: SECONDS / PARTS.length })),
  );
  cluster = await startCluster(['gateway', 'ingest'], {
    MEDIA_DIRS: dirname(reel.path),
    INFERENCE_THREADS: '1',
    // More than one worker takes, so that each of two always holds some.
    WINDOWS_IN_FLIGHT: '24',
  });
  worker = cluster.start('worker');
  await cluster.ready();
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
    options: { sampleFps: SAMPLE_FPS },
  });
  return id;
}

/** Each frame went through the model once, or looked like the one before. */
async function expectAllSeen(id: string): Promise<void> {
  const { counters } = await cluster.client.stream(id);
  expect(counters).toMatchObject({ sampled: SECONDS * SAMPLE_FPS, dropped: 0 });
  expect(counters.embedded + counters.reused).toBe(counters.sampled);
}

test('a worker killed in the middle of a file loses no window and doubles no event', async () => {
  const undisturbed = await watchToEnd(cluster.client, await submit());
  expect(framesOf(undisturbed)).toHaveLength(SECONDS * SAMPLE_FPS);
  expect(actionsOf(undisturbed).length).toBeGreaterThan(0);

  // It waits a second for batches that never fill, so that at any moment it holds windows.
  const victim = cluster.start('worker', { BATCH_WAIT_MS: '1000', BATCH_FRAMES: '256' });
  await eventually('the second worker to be ready', () => victim.log().includes('worker ready'));
  const id = await submit();
  let killed: Promise<void> | undefined;
  let silence: NodeJS.Timeout | undefined;
  const disturbed = await watchToEnd(cluster.client, id, (event) => {
    clearTimeout(silence);
    // Silence in the middle: all wait for what the victim holds.
    if (event.type === 'scores') {
      silence = setTimeout(() => {
        killed ??= victim.kill();
      }, SILENCE_MS);
    }
  });
  await killed;
  // The victim took windows to its grave, and the other worker did them again.
  expect(worker.log()).toContain('a window lost its worker and is done again');
  expect(killed).toBeDefined();
  expectSameLabels(disturbed, undisturbed);
  await expectAllSeen(id);
});

test('an ingest killed in the middle of a file is taken over by another, and the labels are the same', async () => {
  const undisturbed = await watchToEnd(cluster.client, await submit());
  const victim = cluster.start('ingest');
  await eventually('the second ingest to start', () => victim.log().includes('ingest ready'));
  // Two streams: at least one is held by the second ingest, whichever it is.
  const ids = [await submit(), await submit()];
  let scored = 0;
  let killed: Promise<void> | undefined;
  let killedAtMs = 0;
  const takenOver: number[] = [];
  const runs = await Promise.all(
    ids.map((id) =>
      watchToEnd(cluster.client, id, (event) => {
        scored += event.type === 'scores' ? 1 : 0;
        if (scored === 6 && !killed) {
          killedAtMs = Date.now();
          killed = victim.kill();
        }
        if (event.type === 'stream.status' && event.status === 'reconnecting')
          takenOver.push((Date.now() - killedAtMs) / 1_000);
      }),
    ),
  );
  await killed;
  report('SIGKILL of the ingest of a stream', { 'taken over after s': Math.max(...takenOver) });
  expect(takenOver.length).toBeGreaterThan(0);
  expect(Math.max(...takenOver)).toBeLessThan(TAKEOVER_MAX_SECONDS);
  for (const events of runs) expectSameLabels(events, undisturbed);
});

test('a worker asked to end finishes its windows and leaves with 0; another goes on', async () => {
  const id = await submit();
  const second = cluster.start('worker');
  await eventually('the second worker to be ready', () => second.log().includes('worker ready'));
  const events = watchToEnd(cluster.client, id);
  expect(await worker.terminate()).toBe(0);
  expect((await events).at(-1)).toMatchObject({ status: 'ended' });
  await expectAllSeen(id);
});
