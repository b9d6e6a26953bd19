// The feed on a real log: each event exactly once and in order, whenever a subscriber joins.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFeed, type Feed, type Subscription } from '../../gateway/feed.ts';
import type { EventDraft } from '../../protocol/event.ts';
import { appendEvents } from '../../protocol/event-log.ts';
import { createKeyspace, type Keyspace } from '../../protocol/keys.ts';
import { closeRedis, openRedis, type Redis } from '../../runtime/redis.ts';
import { eventually } from '../support/eventually.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let keys: Keyspace;
let redis: Redis;
let feed: Feed;
let streams = 0;
beforeAll(async () => {
  sandbox = await openSandbox();
  keys = sandbox.keyspace();
  redis = sandbox.open();
  feed = sandbox.use(createFeed({ redis, blocking: sandbox.open('patient'), keys, log: sandbox.log }));
});
afterAll(() => sandbox.close());

async function newStream(): Promise<string> {
  streams += 1;
  const id = `st_feed${String(streams).padStart(6, '0')}`;
  await redis.hset(keys.stream(id), 'status', 'running');
  return id;
}

const scores = (media: number): EventDraft => ({ type: 'scores', media, labelsVersion: 1, frames: [] });
const append = (stream: string, events: EventDraft[], fields = {}) =>
  appendEvents(redis, keys, { stream, events, fields });
const end = (stream: string) =>
  append(stream, [{ type: 'stream.status', media: 1, status: 'ended' }], { status: 'ended' });

/** Reads a subscription to its end. */
async function drain(subscription: Subscription, seqs: number[] = []): Promise<number[]> {
  for (let batch = await subscription.next(); batch; batch = await subscription.next()) {
    seqs.push(...batch.entries.map(({ seq }) => seq));
  }
  subscription.close();
  return seqs;
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('subscribers that join at any time, from any seq, get what follows exactly once and in order', async () => {
  const stream = await newStream();
  let written = 0;
  const writer = async () => {
    for (let i = 0; i < 150; i += 1) written = Number(await append(stream, [scores(i), scores(i)]));
  };
  const readers: Promise<void>[] = [];
  const joining = async () => {
    while (written < 900) {
      const after = Math.floor(Math.random() * (written + 1));
      const subscription = await feed.subscribe(stream, after);
      if (readers.length < 60) {
        readers.push(drain(subscription).then((seqs) => expect(seqs).toEqual(range(after + 1, 901))));
      } else subscription.close();
    }
  };
  await Promise.all([writer(), writer(), writer(), joining()]);
  expect(written).toBe(900);
  await end(stream);
  await Promise.all(readers);
  expect(readers.length).toBeGreaterThan(20);
  await eventually('the tail is dropped', () => feed.watched === 0);
});

test('a subscriber far behind reads pages of history and goes over to live events without a seam', async () => {
  const stream = await newStream();
  for (let i = 0; i < 24; i += 1)
    await append(
      stream,
      Array.from({ length: 50 }, () => scores(i)),
    );
  const subscription = await feed.subscribe(stream, 0);
  expect(subscription.seq).toBe(1_200);
  const sizes: number[] = [];
  const seqs: number[] = [];
  while (seqs.length < 1_200) {
    const batch = await subscription.next();
    sizes.push(batch?.entries.length ?? 0);
    expect(batch?.live).toBe(false);
    seqs.push(...(batch?.entries ?? []).map(({ seq }) => seq));
  }
  expect(sizes).toEqual([500, 500, 200]);
  const next = subscription.next();
  await append(stream, [scores(99)]);
  const live = await next;
  expect(live).toMatchObject({ live: true, entries: [{ seq: 1_201, type: 'scores', final: false }] });
  expect(JSON.parse(live?.entries[0]?.text ?? '')).toEqual({
    v: 1,
    seq: 1_201,
    stream,
    ...scores(99),
  });
  subscription.close();
  expect(await subscription.next()).toBeNull();
});

test('a subscriber that is overtaken by the ring goes back to history and misses nothing', async () => {
  const stream = await newStream();
  const idle = await feed.subscribe(stream, 0);
  const eager = drain(await feed.subscribe(stream, 0));
  for (let i = 0; i < 20; i += 1)
    await append(
      stream,
      Array.from({ length: 50 }, () => scores(i)),
    );
  await end(stream);
  expect(await eager).toEqual(range(1, 1_001));
  expect(await drain(idle)).toEqual(range(1, 1_001));
});

test('a stream that is over is replayed to its end, also to who has the end already', async () => {
  const stream = await newStream();
  await append(stream, [scores(0), scores(1)]);
  await end(stream);
  expect(await drain(await feed.subscribe(stream, 1))).toEqual([2, 3]);
  expect(await drain(await feed.subscribe(stream, 3))).toEqual([]);
  expect(await drain(await feed.subscribe(stream, 99))).toEqual([]);
});

test('an unknown stream is refused', async () => {
  await expect(feed.subscribe('st_unknown00', 0)).rejects.toMatchObject({ code: 'E_STREAM_NOT_FOUND' });
});

test('history that was trimmed is told as a gap whose seq can be resumed from', async () => {
  const stream = await newStream();
  await append(
    stream,
    Array.from({ length: 10 }, (_, i) => scores(i)),
  );
  await redis.xtrim(keys.events(stream), 'MINID', '8-0');
  const subscription = await feed.subscribe(stream, 2);
  const batch = await subscription.next();
  const texts = batch?.entries.map(({ text }) => JSON.parse(text)) ?? [];
  expect(texts[0]).toEqual({
    v: 1,
    seq: 7,
    stream,
    type: 'gap',
    reason: 'trimmed',
    media: 7,
    from: 0,
    to: 7,
    windows: 5,
  });
  expect(texts.slice(1).map(({ seq }) => seq)).toEqual([8, 9, 10]);
  subscription.close();
  const resumed = await feed.subscribe(stream, 7);
  expect((await resumed.next())?.entries.map(({ seq, type }) => [seq, type])).toEqual([
    [8, 'scores'],
    [9, 'scores'],
    [10, 'scores'],
  ]);
  resumed.close();
});

test('many streams are tailed by one blocking read, and a new one does not wait for it', async () => {
  const many = await Promise.all(Array.from({ length: 40 }, newStream));
  const subscriptions = await Promise.all(many.map((stream) => feed.subscribe(stream, 0)));
  const nexts = subscriptions.map((subscription) => subscription.next());
  expect(feed.watched).toBe(40);
  await Promise.all(many.map((stream, i) => append(stream, [scores(i)])));
  for (const [i, next] of nexts.entries()) {
    expect((await next)?.entries.map(({ text }) => JSON.parse(text).media)).toEqual([i]);
  }
  const clients = String(await redis.client('LIST'));
  expect(clients.split('\n').filter((line) => line.includes('cmd=xread'))).toHaveLength(1);
  for (const subscription of subscriptions) subscription.close();
  expect(feed.watched).toBe(0);
});

test('a feed whose Redis connections are cut goes on where it was', async () => {
  const stream = await newStream();
  const seqs: number[] = [];
  const reading = drain(await feed.subscribe(stream, 0), seqs);
  for (let i = 1; i <= 5; i += 1) {
    await append(stream, [scores(i), scores(i)]);
    await eventually('the events are read', () => seqs.length >= i, { withinMs: 20_000 });
    const other = openRedis(sandbox.url, { use: 'command', log: sandbox.log, name: 'killer' });
    await other.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await closeRedis(other);
    await eventually('writing works again', () => redis.ping().catch(() => ''));
  }
  await end(stream);
  expect(await reading).toEqual(range(1, 11));
});

test('a log that vanishes under its subscriber ends in a code, not in silence', async () => {
  const stream = await newStream();
  await append(stream, [scores(0), scores(1)]);
  const subscription = await feed.subscribe(stream, 0);
  await redis.unlink(keys.events(stream));
  await expect(subscription.next()).rejects.toMatchObject({ code: 'E_STREAM_NOT_FOUND' });
  subscription.close();
});

test('keys of the feed go away with it', async () => {
  const own = createKeyspace('feedkeys');
  await redis.hset(own.stream('st_00000001'), 'status', 'running');
  const passing = createFeed({ redis, blocking: sandbox.open('patient'), keys: own, log: sandbox.log });
  const subscription = await passing.subscribe('st_00000001', 0);
  await eventually('the wake key', async () => (await redis.keys('feedkeys:gateway:*')).length === 1);
  const waiting = subscription.next();
  subscription.close();
  expect(await waiting).toBeNull();
  await passing.close();
  expect(await redis.keys('feedkeys:gateway:*')).toEqual([]);
});
