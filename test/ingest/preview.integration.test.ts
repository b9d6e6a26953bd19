import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepPreviews } from '../../ingest/preview.ts';
import { eventually } from '../support/eventually.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
afterAll(() => sandbox.close());

const frame = (value: number) => ({
  index: value,
  mediaSeconds: value,
  pixels: new Uint8Array(12).fill(value),
});

test('the first of many frames at once is kept, for as long as the next may take', async () => {
  const redis = sandbox.open();
  const keys = sandbox.keyspace();
  const stream = 'st_00000001';
  const holder = { redis, keys, stream, lease: 'x' };
  const keep = keepPreviews(holder, { sampleFps: 0.1, log: sandbox.log });
  keep(undefined);
  for (let i = 1; i <= 50; i++) keep(frame(i));
  await eventually('a picture', () => redis.exists(keys.preview(stream)));
  expect(await redis.getBuffer(keys.preview(stream))).toEqual(Buffer.alloc(12, 1));
  const expiryMs = await redis.pttl(keys.preview(stream));
  expect(expiryMs).toBeGreaterThan(5_000);
  expect(expiryMs).toBeLessThanOrEqual(20_000);
  // Later, a newer one takes its place.
  let next = 51;
  await eventually('a newer picture', async () => {
    keep(frame(next++));
    return ((await redis.getBuffer(keys.preview(stream)))?.[0] ?? 0) > 50;
  });
});

test('a Redis that is gone costs no more than the picture', async () => {
  const redis = sandbox.open();
  redis.disconnect();
  const holder = { redis, keys: sandbox.keyspace(), stream: 'st_00000002', lease: 'x' };
  const keep = keepPreviews(holder, { sampleFps: 2, log: sandbox.log });
  expect(() => keep(frame(1))).not.toThrow();
});
