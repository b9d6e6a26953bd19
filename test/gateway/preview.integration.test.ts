import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewaySandbox, openGatewaySandbox } from './gateway-sandbox.ts';

let box: GatewaySandbox;
beforeAll(async () => {
  box = await openGatewaySandbox();
});
afterAll(() => box.close());

test('a stream shows its newest picture, and nothing while there is none', async () => {
  const id = await box.submit();
  expect(await box.client.preview(id)).toBeNull();
  const pixels = Buffer.from(Uint8Array.from({ length: 4 * 4 * 3 }, (_, i) => i * 5));
  await box.redis.set(box.keys.preview(id), pixels);
  const picture = await box.client.preview(id);
  expect(picture?.type).toBe('image/png');
  const { data, info } = await sharp(await picture?.arrayBuffer())
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([4, 4]);
  expect(data).toEqual(pixels);
  const answer = await fetch(`${box.gateway.url}/v1/streams/${id}/preview.png`);
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test('what is no square picture is not shown, and an unknown stream is told as such', async () => {
  const id = await box.submit();
  for (const broken of ['', 'abc12', 'x'.repeat(3 * 5)]) {
    await box.redis.set(box.keys.preview(id), broken);
    expect(await box.client.preview(id)).toBeNull();
  }
  await expect(box.client.preview('st_00000000')).rejects.toMatchObject({ code: 'E_STREAM_NOT_FOUND' });
});
