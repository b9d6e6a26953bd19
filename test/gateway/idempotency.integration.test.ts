// Repeated submissions: the same key and the same request are the same stream, however often and however badly it went.
import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ending, type GatewaySandbox, openGatewaySandbox } from './gateway-sandbox.ts';

let box: GatewaySandbox;
let queue: Queue;
beforeAll(async () => {
  box = await openGatewaySandbox();
  queue = new Queue('streams', { connection: box.sandbox.open(), prefix: box.keys.queuePrefix });
  box.sandbox.use(queue);
});
afterAll(() => box.close());

const clip = { source: { path: 'clip.mp4' }, labels: ['waving'] };
const jobs = () => queue.getJobCountByTypes('waiting', 'delayed', 'active');

test('a repeated request answers with the stream as it is by now, and makes no other', async () => {
  const first = await box.client.createStream(clip, { idempotencyKey: 'a' });
  await box.append(first.id, ...ending());
  const again = await box.client.createStream(clip, { idempotencyKey: 'a' });
  expect(again).toMatchObject({ id: first.id, status: 'ended' });
  const response = await fetch(`${box.gateway.url}/v1/streams`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'a' },
    // The same request, written in another way: the defaults are spelled out.
    body: JSON.stringify({
      options: { sampleFps: 2 },
      labels: ['waving'],
      templates: 'action',
      source: clip.source,
    }),
  });
  expect(response.status).toBe(201);
  expect(response.headers.get('idempotent-replayed')).toBe('true');
  expect(await response.json()).toMatchObject({ id: first.id });
  expect((await box.client.streams()).streams).toHaveLength(1);
});

test('ten at once are one stream and one job', async () => {
  const before = await jobs();
  const ten = Array.from({ length: 10 }, () => box.client.createStream(clip, { idempotencyKey: 'b' }));
  const ids = new Set((await Promise.all(ten)).map(({ id }) => id));
  expect(ids.size).toBe(1);
  expect(await jobs()).toBe(before + 1);
  const [id = ''] = ids;
  expect(await box.redis.xlen(box.keys.events(id))).toBe(1);
});

test('the key with another request is refused, and without a key each request is its own', async () => {
  await box.client.createStream(clip, { idempotencyKey: 'c' });
  const other = { ...clip, labels: ['bowing'] };
  await expect(box.client.createStream(other, { idempotencyKey: 'c' })).rejects.toMatchObject({
    code: 'E_IDEMPOTENCY_MISMATCH',
    status: 422,
  });
  const [one, two] = [await box.client.createStream(clip), await box.client.createStream(clip)];
  expect(one.id).not.toBe(two.id);
});

test('what failed half-way is made whole by repeating it, and a refusal does not use the key up', async () => {
  await expect(
    box.client.createStream({ ...clip, source: { path: 'none.mp4' } }, { idempotencyKey: 'd' }),
  ).rejects.toMatchObject({ code: 'E_SOURCE_NOT_FOUND' });
  await box.redis.rename(box.keys.streams, 'aside');
  await box.redis.set(box.keys.streams, 'not a sorted set');
  const failing = box.client.createStream(clip, { idempotencyKey: 'd' });
  await expect(failing).rejects.toMatchObject({ code: 'E_INTERNAL' });
  await box.redis.rename('aside', box.keys.streams);
  const record = await box.client.createStream(clip, { idempotencyKey: 'd' });
  expect((await queue.getJob(record.id))?.data.stream).toBe(record.id);
});

test('a key that is empty or endless is refused, and the keys expire', async () => {
  for (const idempotencyKey of ['', 'x'.repeat(256)]) {
    await expect(box.client.createStream(clip, { idempotencyKey })).rejects.toMatchObject({
      code: 'E_BAD_REQUEST',
    });
  }
  for (const key of await box.redis.keys('*:idempotency:*')) {
    expect(await box.redis.ttl(key)).toBeGreaterThan(0);
  }
});
