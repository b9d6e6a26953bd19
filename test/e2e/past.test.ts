import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StreamEvent } from '../../protocol/event.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { makeReel, type Reel } from '../support/reel.ts';

const PARTS = ['testsrc2=s=320x240:r=25', 'mandelbrot=s=320x240:r=25'];
const LIVE = { labels: ['playing billiards', 'skydiving'], thresholds: { on: 0.25, off: 0.2 } };
const OTHERS = ['playing tennis', 'abseiling', 'swimming'];

let reel: Reel;
let cluster: Cluster;

beforeAll(async () => {
  reel = await makeReel(PARTS.map((lavfi) => ({ label: lavfi, source: { lavfi }, seconds: 15 })));
  cluster = await startCluster(['gateway', 'ingest', 'worker'], { MEDIA_DIRS: dirname(reel.path) });
  await cluster.ready();
});
afterAll(async () => {
  await cluster?.close();
  await reel?.close();
});

async function run(input: { labels: string[]; thresholds?: { on: number; off: number } }) {
  const { id } = await cluster.client.createStream({ source: { path: reel.path }, ...input });
  const events: StreamEvent[] = [];
  for await (const event of cluster.client.watch(id)) events.push(event);
  return { id, events };
}

test('other words asked of the past get what a run with these words would have told', async () => {
  const first = await run(LIVE);
  const before = (await cluster.client.stream(first.id)).counters;
  const past = await cluster.client.ask(first.id, { ...LIVE, labels: OTHERS });
  expect((await cluster.client.stream(first.id)).counters).toEqual(before);

  const second = await run({ ...LIVE, labels: OTHERS });
  const frames = second.events.flatMap((event) => (event.type === 'scores' ? event.frames : []));
  expect(past.times).toEqual(frames.map(({ media }) => media));
  for (const [i, label] of past.labels.entries()) {
    const live = frames.map(({ top }) => top.find((entry) => entry.label === label)?.score ?? -1);
    for (const [t, score] of (past.scores[i] ?? []).entries()) expect(score).toBeCloseTo(live[t] ?? -1, 2);
  }
});

test('plain words are asked with the thresholds in force', async () => {
  const { id } = await run(LIVE);
  const past = await cluster.client.ask(id, LIVE.labels);
  const actions = await cluster.client.actions(id);
  expect(actions.length).toBeGreaterThan(0);
  expect(past.actions.map(({ label, start, end }) => [label, start, end])).toEqual(
    actions.map(({ label, start, end }) => [label, start, end]),
  );
});

test('a stream that is not there, and labels that are none, are refused', async () => {
  await expect(cluster.client.ask('st_0000000000', ['x'])).rejects.toMatchObject({
    code: 'E_STREAM_NOT_FOUND',
  });
  const { id } = await run(LIVE);
  await expect(cluster.client.ask(id, [])).rejects.toMatchObject({ code: 'E_LABELS_INVALID' });
});
