import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clipKey, openEmbeddingCache } from '../../evaluation/embedding-cache.ts';
import type { ModelDescription } from '../../models/description.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'verbcast-cache-'));
  mkdirSync(join(root, 'model/onnx'), { recursive: true });
  writeFileSync(join(root, 'model/onnx/vision_model.onnx'), 'weights');
});
afterEach(() => rmSync(root, { recursive: true }));

const open = (more: { dtype?: 'fp32' | 'fp16'; provider?: string } = {}) =>
  openEmbeddingCache({
    dataDir: join(root, 'data'),
    description: { id: 'm', directory: join(root, 'model'), dims: 2 } as ModelDescription,
    session: { dtype: more.dtype ?? 'fp32' },
    provider: more.provider ?? 'cpu',
  });
const frames = { times: [0, 0.5], embeddings: [Float32Array.of(1, 0), Float32Array.of(0.6, 0.8)] };

test('what was written is read again, as a stream would store it', async () => {
  const cache = await open();
  const written = await cache.write('key', frames);
  expect(written.embeddings[1]?.[0]).toBeCloseTo(0.6, 3);
  expect(await cache.read('key')).toEqual(written);
  expect(await (await open()).read('key')).toEqual(written);
  expect(await cache.read('other')).toBeUndefined();
});

test('another precision, provider or file of the model is another cache', async () => {
  await (await open()).write('key', frames);
  expect(await (await open({ dtype: 'fp16' })).read('key')).toBeUndefined();
  expect(await (await open({ provider: 'cuda' })).read('key')).toBeUndefined();
  writeFileSync(join(root, 'model/onnx/vision_model.onnx'), 'other weights');
  expect(await (await open()).read('key')).toBeUndefined();
});

test('a file that is not whole counts as none', async () => {
  const cache = await open();
  await cache.write('key', frames);
  const [folder = ''] = readdirSync(join(root, 'data/embeddings'));
  writeFileSync(join(root, 'data/embeddings', folder, 'key.bin'), Buffer.from([1, 2, 3]));
  expect(await cache.read('key')).toBeUndefined();
});

test('a clip is known by its content, its sampling and its span, not by its name', async () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => join(root, name));
  writeFileSync(a ?? '', 'same');
  writeFileSync(b ?? '', 'same');
  writeFileSync(c ?? '', 'different');
  const key = await clipKey(a ?? '', 2);
  expect(await clipKey(b ?? '', 2)).toBe(key);
  expect(await clipKey(c ?? '', 2)).not.toBe(key);
  expect(await clipKey(a ?? '', 4)).not.toBe(key);
  expect(await clipKey(a ?? '', 2, { from: 0, to: 3 })).not.toBe(key);
  await expect(clipKey(join(root, 'nothing'), 2)).rejects.toThrow();
});
