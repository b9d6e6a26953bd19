// A Redis that is away, full, or fails in the middle of a creation.
import { Queue } from 'bullmq';
import { expect, test } from 'vitest';
import { openGatewaySandbox } from './gateway-sandbox.ts';

const clip = { source: { path: 'clip.mp4' }, labels: ['waving'] };

test('without Redis the gateway lives, is not ready, and answers with a code that says to try again', async () => {
  const box = await openGatewaySandbox();
  const id = await box.submit();
  await box.sandbox.server.close();
  const get = (path: string) => fetch(box.gateway.url + path);
  expect((await get('/healthz')).status).toBe(200);
  const ready = await get('/readyz');
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ code: 'E_REDIS_UNAVAILABLE', retry: true });
  await expect(box.client.createStream(clip)).rejects.toMatchObject({ code: 'E_REDIS_UNAVAILABLE' });
  await expect(box.client.stream(id)).rejects.toMatchObject({ code: 'E_REDIS_UNAVAILABLE', status: 503 });
  await box.close();
});

test('a full Redis is said so', async () => {
  const box = await openGatewaySandbox();
  await box.redis.config('SET', 'maxmemory', '1');
  await expect(box.client.createStream(clip)).rejects.toMatchObject({ code: 'E_REDIS_FULL', status: 503 });
  await box.redis.config('SET', 'maxmemory', '0');
  expect(await box.redis.keys('*{st_*')).toEqual([]);
  await box.client.createStream(clip);
  await box.close();
});

test('a creation that fails half-way is undone: no job, no record, no place in the list', async () => {
  const box = await openGatewaySandbox();
  const queue = box.sandbox.use(
    new Queue('streams', { connection: box.sandbox.open(), prefix: box.keys.queuePrefix }),
  );
  // The job is written by then; the index cannot be.
  await box.redis.set(box.keys.streams, 'not a sorted set');
  await expect(box.client.createStream(clip)).rejects.toMatchObject({ code: 'E_INTERNAL', status: 500 });
  expect(await queue.getJobCountByTypes('delayed', 'waiting', 'active')).toBe(0);
  expect(await box.redis.keys('*{st_*')).toEqual([]);
  await box.close();
});

test('a gateway that listens beyond loopback is refused', async () => {
  const box = await openGatewaySandbox();
  await expect(box.start({ GATEWAY_HOST: '0.0.0.0' })).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: expect.stringContaining('authentication'),
  });
  const port = new URL(box.gateway.url).port;
  await expect(box.start({ GATEWAY_PORT: port })).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: expect.stringContaining('GATEWAY_PORT'),
  });
  await box.close();
});
