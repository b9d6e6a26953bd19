// As many streams as there is capacity for, and what becomes of one more.
import { afterEach, expect, test } from 'vitest';
import type { StreamMode } from '../../protocol/stream.ts';
import { ending, type GatewaySandbox, openGatewaySandbox } from './gateway-sandbox.ts';

let box: GatewaySandbox;
afterEach(() => box.close());

const request = (mode: StreamMode, sampleFps = 2) => ({
  source: { path: 'clip.mp4' },
  labels: ['waving'],
  options: { mode, sampleFps },
});

test('a stream beyond MAX_STREAMS is refused with a code that says when to try again, until one is over', async () => {
  box = await openGatewaySandbox({ MAX_STREAMS: '2' });
  const { id } = await box.client.createStream(request('file'));
  await box.client.createStream(request('live'));
  const refused = await fetch(`${box.gateway.url}/v1/streams`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request('file')),
  });
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('30');
  expect(await refused.json()).toMatchObject({ code: 'E_CAPACITY', retry: true });
  expect(await box.redis.zcard(box.keys.streams)).toBe(2);
  await box.append(id, ...ending());
  await box.client.createStream(request('file'));
  await expect(box.client.createStream(request('file'))).rejects.toMatchObject({ code: 'E_CAPACITY' });
});

test('ten requests at once for three places get three', async () => {
  box = await openGatewaySandbox({ MAX_STREAMS: '3' });
  const other = await box.start();
  const urls = [box.gateway.url, other.url];
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      fetch(`${urls[i % 2]}/v1/streams`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request('file')),
      }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(3).fill(201), ...Array(7).fill(503)]);
});

test('live streams beyond MAX_LIVE_FPS are refused; files are not counted', async () => {
  box = await openGatewaySandbox({ MAX_LIVE_FPS: '5' });
  await box.client.createStream(request('live'));
  await box.client.createStream(request('live'));
  await expect(box.client.createStream(request('live'))).rejects.toMatchObject({
    code: 'E_CAPACITY',
    message: expect.stringContaining('MAX_LIVE_FPS'),
  });
  expect((await box.client.createStream(request('live', 1))).sampleFps).toBe(1);
  expect((await box.client.createStream(request('file', 10))).sampleFps).toBe(10);
});

test('or are sampled slower, where the operator allows it, down to one frame in two seconds', async () => {
  box = await openGatewaySandbox({ MAX_LIVE_FPS: '5', ADMISSION: 'slow' });
  const granted = [];
  for (let i = 0; i < 3; i++) granted.push(await box.client.createStream(request('live', 2.2)));
  expect(granted.map(({ sampleFps }) => sampleFps)).toEqual([2.2, 2.2, 0.6]);
  await expect(box.client.createStream(request('live', 2.2))).rejects.toMatchObject({ code: 'E_CAPACITY' });
  await box.append(granted[0]?.id ?? '', ...ending());
  expect((await box.client.createStream(request('live', 2.2))).sampleFps).toBe(2.2);
});

test('a stream that is purged, or could not be created, gives its place back', async () => {
  box = await openGatewaySandbox({ MAX_STREAMS: '1' });
  const { id } = await box.client.createStream(request('file'));
  await box.client.stop(id);
  await box.client.purge(id);
  await box.redis.set(box.keys.streams, 'not a sorted set');
  await expect(box.client.createStream(request('file'))).rejects.toMatchObject({ code: 'E_INTERNAL' });
  await box.redis.del(box.keys.streams);
  await box.client.createStream(request('file'));
});
