import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StreamEvent } from '../../protocol/event.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { CLIPS_DIR, hasSharedMaterial, SHARED_MODELS_DIR } from '../support/footage.ts';
import { makeReel, type Reel } from '../support/reel.ts';

const CLIPS = [
  ['archery', 'archery__a55b4502.avi'],
  ['arm wrestling', 'arm-wrestling__071e6053.mp4'],
  ['springboard diving', 'diving-springboard__e0acf2fd.avi'],
  ['swimming', 'swimming__08730ae4.mp4'],
  ['playing beach volleyball', 'playing-beach-volleyball__3283e85a.mp4'],
  ['snowboarding', 'snowboarding__042e9c4d.mp4'],
  ['playing billiards', 'playing-billiards__e3037efa.avi'],
  ['rock climbing', 'rock-climbing__4c020f56.avi'],
] as const;
const SECONDS_PER_CLIP = 8;

let cluster: Cluster;
let reel: Reel;

beforeAll(async () => {
  if (!hasSharedMaterial) return;
  reel = await makeReel(
    CLIPS.map(([label, file]) => ({
      label,
      source: { file: join(CLIPS_DIR, file) },
      seconds: SECONDS_PER_CLIP,
    })),
  );
  cluster = await startCluster(['gateway', 'ingest', 'worker'], {
    MODEL: 'scout',
    MODELS_DIR: SHARED_MODELS_DIR,
    MEDIA_DIRS: join(reel.path, '..'),
  });
  await cluster.ready();
});
afterAll(async () => {
  await cluster?.close();
  await reel?.close();
});

test.skipIf(!hasSharedMaterial)(
  'at least six of eight real actions start inside their own segment of a reel (skips without ../shared)',
  async () => {
    const { id } = await cluster.client.createStream({
      source: { path: reel.path },
      labels: [...CLIPS.map(([label]) => label), 'nothing happening'],
    });
    const events: StreamEvent[] = [];
    for await (const event of cluster.client.watch(id)) events.push(event);
    expect(events.at(-1)).toMatchObject({ type: 'stream.status', status: 'ended' });

    const started = events.flatMap((event) => (event.type === 'action.started' ? [event.action] : []));
    const found = reel.parts.filter(({ label, start, end }) =>
      started.some((action) => action.label === label && action.start >= start && action.start < end),
    );
    const outside = started.filter(
      ({ label, start: at }) => !reel.parts.some((p) => p.label === label && at >= p.start && at < p.end),
    );
    console.log(
      `${found.length} of ${reel.parts.length} actions started inside their own segment:`,
      found.map(({ label }) => label).join(', '),
      `| elsewhere: ${outside.map(({ label, start }) => `${label} @ ${start}`).join(', ') || 'none'}`,
    );
    expect(found.length).toBeGreaterThanOrEqual(6);
  },
);
