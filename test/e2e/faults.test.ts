import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StreamEvent } from '../../protocol/event.ts';
import { type Cluster, type ServiceProcess, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { makeReel, type Reel } from '../support/reel.ts';

// Test patterns that pocket takes for different things, so that there are scores and actions to compare.
const PARTS = ['testsrc2=s=320x240:r=25', 'mandelbrot=s=320x240:r=25', 'life=s=320x240:r=25:mold=10'];
const SECONDS = 90;
const SAMPLE_FPS = 10;
const SCORE_SLACK = 0.002;

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

async function watchToEnd(
  id: string,
  onEvent: (event: StreamEvent) => void = () => undefined,
): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of cluster.client.watch(id)) {
    events.push(event);
    onEvent(event);
  }
  return events;
}

const seqs = (events: readonly StreamEvent[]) => events.map(({ seq }) => seq);
const framesOf = (events: readonly StreamEvent[]) =>
  events.flatMap((event) => (event.type === 'scores' ? event.frames : []));
const actionsOf = (events: readonly StreamEvent[]) =>
  events.flatMap((event) => (event.type === 'action.ended' ? [event.action] : []));

function expectSameLabels(disturbed: readonly StreamEvent[], undisturbed: readonly StreamEvent[]): void {
  expect(seqs(disturbed)).toEqual(disturbed.map((_, i) => i + 1));
  expect(framesOf(disturbed).map(({ media }) => media)).toEqual(
    framesOf(undisturbed).map(({ media }) => media),
  );
  for (const [i, frame] of framesOf(undisturbed).entries()) {
    const scores = new Map(framesOf(disturbed)[i]?.top.map(({ label, score }) => [label, score]));
    for (const { label, score } of frame.top) {
      expect(Math.abs((scores.get(label) ?? -1) - score), `${label} @ ${frame.media}`).toBeLessThan(
        SCORE_SLACK,
      );
    }
  }
  const shape = (events: readonly StreamEvent[]) =>
    actionsOf(events).map(({ label, start, end }) => [label, start, end]);
  expect(shape(disturbed)).toEqual(shape(undisturbed));
  expect(disturbed.at(-1)).toMatchObject({ type: 'stream.status', status: 'ended' });
}

test('a worker killed in the middle of a file loses no window and doubles no event', async () => {
  const undisturbed = await watchToEnd(await submit());
  expect(framesOf(undisturbed)).toHaveLength(SECONDS * SAMPLE_FPS);
  expect(actionsOf(undisturbed).length).toBeGreaterThan(0);

  const victim = cluster.start('worker');
  await eventually('the second worker to be ready', () => victim.log().includes('worker ready'));
  const id = await submit();
  let scored = 0;
  let killed: Promise<void> | undefined;
  const disturbed = await watchToEnd(id, (event) => {
    scored += event.type === 'scores' ? 1 : 0;
    if (scored === 5) killed ??= victim.kill();
  });
  await killed;
  expect(killed).toBeDefined();
  expectSameLabels(disturbed, undisturbed);
  const { counters } = await cluster.client.stream(id);
  expect(counters).toMatchObject({
    sampled: SECONDS * SAMPLE_FPS,
    embedded: SECONDS * SAMPLE_FPS,
    dropped: 0,
  });
});

test('an ingest killed in the middle of a file is taken over by another, and the labels are the same', async () => {
  const undisturbed = await watchToEnd(await submit());
  const victim = cluster.start('ingest');
  await eventually('the second ingest to start', () => victim.log().includes('ingest ready'));
  // Two streams: at least one is held by the second ingest, whichever it is.
  const ids = [await submit(), await submit()];
  let scored = 0;
  let killed: Promise<void> | undefined;
  const runs = await Promise.all(
    ids.map((id) =>
      watchToEnd(id, (event) => {
        scored += event.type === 'scores' ? 1 : 0;
        if (scored === 6) killed ??= victim.kill();
      }),
    ),
  );
  await killed;
  for (const events of runs) expectSameLabels(events, undisturbed);
});

test('a worker asked to end finishes its windows and leaves with 0; another goes on', async () => {
  const id = await submit();
  const second = cluster.start('worker');
  await eventually('the second worker to be ready', () => second.log().includes('worker ready'));
  const events = watchToEnd(id);
  expect(await worker.terminate()).toBe(0);
  expect((await events).at(-1)).toMatchObject({ status: 'ended' });
  expect((await cluster.client.stream(id)).counters).toMatchObject({
    dropped: 0,
    embedded: SECONDS * SAMPLE_FPS,
  });
});
