import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Keyspace } from '../../protocol/keys.ts';
import { LabelSetInput } from '../../protocol/labels.ts';
import { ServedModel } from '../../protocol/model.ts';
import { loadWorkerConfig } from '../../worker/config.ts';
import { encodeTombstone } from '../../worker/history.ts';
import { startWorkers } from '../../worker/main.ts';
import { eventually } from '../support/eventually.ts';
import { writeStream } from '../support/hand-ingest.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

const SIZE_PX = 112;
const labels = LabelSetInput.parse({ labels: ['playing guitar', 'swimming'] });
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await openSandbox();
});
afterAll(() => sandbox.close());

async function startPocket(keys: Keyspace, env: Record<string, string> = {}) {
  const config = loadWorkerConfig({
    REDIS_URL: sandbox.url,
    KEY_PREFIX: keys.prefix,
    MODEL: 'pocket',
    ...env,
  });
  return sandbox.use(await startWorkers(config, sandbox));
}

async function open(options: { env?: Record<string, string>; id?: string } = {}) {
  const keys = sandbox.keyspace();
  const redis = sandbox.open('patient');
  const setup = {
    redis,
    keys,
    labels,
    model: 'pocket',
    sizePx: SIZE_PX,
    ...(options.id ? { id: options.id } : {}),
  };
  const stream = sandbox.use(await writeStream(setup));
  const workers = await startPocket(keys, options.env);
  const ended = () =>
    eventually('the stream to end', async () => (await stream.record()).status !== 'running');
  return { keys, redis, stream, workers, ended };
}

test('windows that come out of order are told in order, once, and leave no pixels', async () => {
  const { keys, redis, stream, ended } = await open();
  await stream.end(3);
  await stream.publish(2, [4, 4.5, 5]);
  await stream.publish(1, [2, 2.5, 3, 3.5]);
  await stream.publish(0, [0, 0.5, 1, 1.5]);
  await ended();
  const events = await stream.events();
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  const scored = events.flatMap((event) =>
    event.type === 'scores' ? event.frames.map(({ media }) => media) : [],
  );
  expect(scored).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]);
  expect(events.at(-1)).toMatchObject({ type: 'stream.status', status: 'ended', media: 5 });
  expect(await stream.record()).toMatchObject({ status: 'ended', embedded: 11, dropped: 0, media: 5 });
  expect(await redis.keys(`${keys.prefix}:*frames*`)).toEqual([]);
  for (const key of await redis.keys(`${keys.prefix}:*`))
    expect([key, await redis.ttl(key)]).not.toContain(-1);
});

test('scores are probabilities over the labels and the background', async () => {
  const { stream, ended } = await open();
  await stream.publish(0, [0, 0.5]);
  await stream.end(1);
  await ended();
  const [scores] = (await stream.events()).filter((event) => event.type === 'scores');
  for (const { top, background } of scores?.frames ?? []) {
    expect(top.map(({ label }) => label).sort()).toEqual(['playing guitar', 'swimming']);
    expect(top.reduce((sum, { score }) => sum + score, background)).toBeCloseTo(1, 3);
  }
});

test('a window whose pixels are gone becomes a gap, and the timeline goes on', async () => {
  const { stream, ended } = await open();
  await stream.publish(0, [0, 0.5]);
  await stream.publish(1, [1, 1.5, 2], { pixels: false });
  await stream.publish(2, [2.5]);
  await stream.end(3);
  await ended();
  const gap = (await stream.events()).find((event) => event.type === 'gap');
  expect(gap).toMatchObject({ from: 1, to: 2, windows: 1, reason: 'lost' });
  expect(await stream.record()).toMatchObject({ embedded: 3, dropped: 3 });
});

test('frames that repeat the one before them are scored without pixels', async () => {
  const { stream, ended } = await open();
  await stream.publish(0, [0, 0.5, 1], { repeats: [1] });
  await stream.publish(1, [1.5, 2], { repeats: [0, 1], pixels: false });
  await stream.end(2);
  await ended();
  expect(await stream.record()).toMatchObject({ embedded: 2, reused: 3, dropped: 0, media: 2 });
});

test('a tombstone that ingest left is passed with a gap', async () => {
  const { keys, redis, stream, ended } = await open();
  const tombstone = encodeTombstone({ dropped: 'overload', from: 0, to: 0.5, frames: 2 });
  await redis.hset(keys.embeddings(stream.id), '0', tombstone);
  await stream.publish(1, [1]);
  await stream.end(2);
  await ended();
  expect((await stream.events())[0]).toMatchObject({ type: 'gap', reason: 'overload', from: 0, to: 0.5 });
});

test('new labels count from the next window on', async () => {
  const { stream, ended } = await open();
  await stream.publish(0, [0, 0.5]);
  await eventually('the first scores', async () => (await stream.events()).length > 0);
  await stream.setLabels(LabelSetInput.parse({ labels: ['archery'] }), 2);
  await stream.publish(1, [1]);
  await stream.end(2);
  await ended();
  const scores = (await stream.events()).filter((event) => event.type === 'scores');
  expect(scores.map(({ labelsVersion }) => labelsVersion)).toEqual([1, 2]);
  expect(scores[1]?.frames[0]?.top.map(({ label }) => label)).toEqual(['archery']);
});

test('a failed end carries its reason into the record and the last event', async () => {
  const { stream, ended } = await open();
  const reason = { code: 'E_DECODE_TRUNCATED', message: 'It stops at 1 s of 9 s.' };
  await stream.publish(0, [0]);
  await stream.end(1, { status: 'failed', reason });
  await ended();
  expect((await stream.events()).at(-1)).toMatchObject({ type: 'stream.status', status: 'failed', reason });
  expect(await stream.record()).toMatchObject({ status: 'failed', reason });
});

test('pixels of another size are given up with a gap instead of being scored', async () => {
  const { keys, redis, stream, ended } = await open();
  await redis.set(keys.frames(stream.id, 0), Buffer.alloc(10));
  await stream.publish(0, [0], { pixels: false });
  await stream.end(1);
  await ended();
  expect((await stream.events())[0]).toMatchObject({ type: 'gap', reason: 'lost' });
});

test('a window whose job fails for good is given up, and the timeline goes on', async () => {
  const { keys, redis, stream, ended } = await open();
  // Not a string: reading the pixels fails, however often it is tried.
  await redis.rpush(keys.frames(stream.id, 0), 'not pixels');
  await stream.publish(0, [0, 0.5], { pixels: false });
  await stream.publish(1, [1]);
  await stream.end(2);
  await ended();
  expect((await stream.events())[0]).toMatchObject({ type: 'gap', reason: 'lost', from: 0, to: 0.5 });
  expect(await stream.record()).toMatchObject({ status: 'ended', embedded: 1, dropped: 2 });
});

test('two workers on one stream neither skip nor double an event', async () => {
  const { keys, stream, ended } = await open({ env: { WORKERS: '2', BATCH_FRAMES: '2' } });
  await startPocket(keys);
  const count = 40;
  for (let seq = 0; seq < count; seq++) await stream.publish(seq, [seq / 2], { shade: seq * 5 });
  await stream.end(count);
  await ended();
  const events = await stream.events();
  const scored = events.flatMap((event) =>
    event.type === 'scores' ? event.frames.map(({ media }) => media) : [],
  );
  expect(scored).toEqual(Array.from({ length: count }, (_, i) => i / 2));
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
});

test('embeddings older than the retention time are removed while the stream runs', async () => {
  const { keys, redis, stream, ended } = await open({ env: { RETENTION_SECONDS: '60' } });
  for (let seq = 0; seq < 40; seq++) await stream.publish(seq, [seq * 5], { shade: seq });
  await stream.end(40);
  await ended();
  const kept = (await redis.hkeys(keys.embeddings(stream.id))).map(Number).sort((a, b) => a - b);
  expect(kept.at(-1)).toBe(40);
  expect(kept[0]).toBeGreaterThanOrEqual(Math.floor((39 * 5 - 60) / 5) - 1);
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => (kept[0] ?? 0) + i));
});

test('a worker tells what it serves', async () => {
  const { keys, redis } = await open();
  const served = ServedModel.parse(JSON.parse((await redis.hget(keys.models, 'pocket')) ?? ''));
  expect(served).toMatchObject({
    id: 'pocket',
    dims: 512,
    geometry: { sizePx: SIZE_PX, resize: 'shortest' },
  });
});

test('closing lets the windows under way finish and leaves no job active', async () => {
  const { keys, redis, stream, workers } = await open();
  for (let seq = 0; seq < 12; seq++) await stream.publish(seq, [seq]);
  await workers.close();
  expect(await redis.llen(`${keys.queuePrefix}:windows.pocket:active`)).toBe(0);
  const { embedded } = await stream.record();
  expect(await redis.hlen(keys.embeddings(stream.id))).toBe(embedded);
});
