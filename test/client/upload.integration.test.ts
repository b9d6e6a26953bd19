// `upload` on a real gateway: all bytes arrive, whatever happens to the connection.
import { randomBytes } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import { type GatewaySandbox, openGatewaySandbox } from '../gateway/gateway-sandbox.ts';
import { startCuttingProxy } from './cutting-proxy.ts';

let box: GatewaySandbox;
beforeAll(async () => {
  box = await openGatewaySandbox({ UPLOAD_MAX_BYTES: '20000000' });
});
afterAll(() => box.close());

const received = (id: string) => readFile(join(box.dataDir, 'uploads', id));

test('a file of the disk is sent in pieces, with progress', async () => {
  const content = randomBytes(9_000_000);
  const path = join(box.mediaDir, 'large.mp4');
  await writeFile(path, content);
  const told: number[] = [];
  const { id, bytes } = await box.client.upload(await openAsBlob(path), {
    onProgress: (sent, total) => told.push(sent / total),
  });
  expect(bytes).toBe(content.length);
  expect((await received(id)).equals(content)).toBe(true);
  expect(told).toHaveLength(3);
  expect(told.at(-1)).toBe(1);
});

test('cut connections cost time, not bytes', async () => {
  const proxy = box.sandbox.use(await startCuttingProxy(box.gateway.url));
  const client = createClient({ url: proxy.url });
  const content = randomBytes(12_000_000);
  let cuts = 0;
  let timer: NodeJS.Timeout | undefined;
  const { id } = await client.upload(new Blob([content]), {
    onProgress: (sent) => {
      if (sent === content.length || cuts === 3) return;
      // In the middle of the next piece, or between two.
      clearTimeout(timer);
      timer = setTimeout(() => {
        cuts += 1;
        proxy.cut();
      }, cuts);
    },
  });
  clearTimeout(timer);
  expect(cuts).toBeGreaterThan(0);
  expect((await received(id)).equals(content)).toBe(true);
});

test('what is refused is refused with the code of the gateway', async () => {
  await expect(box.client.upload(new Blob([]))).rejects.toMatchObject({
    code: 'E_SOURCE_EMPTY',
    status: 422,
  });
  await expect(box.client.upload(new Blob([new Uint8Array(20_000_001)]))).rejects.toMatchObject({
    code: 'E_BODY_TOO_LARGE',
    status: 413,
  });
  const nobody = createClient({ url: 'http://127.0.0.1:9' });
  await expect(nobody.upload(new Blob(['x']))).rejects.toMatchObject({ code: 'E_GATEWAY_UNREACHABLE' });
});

test('a signal ends it', async () => {
  const reason = new Error('enough');
  const aborting = new AbortController();
  const upload = box.client.upload(new Blob([randomBytes(9_000_000)]), {
    signal: aborting.signal,
    onProgress: () => aborting.abort(reason),
  });
  await expect(upload).rejects.toBe(reason);
  const partial = await readdir(join(box.dataDir, 'uploads/.partial'));
  expect(partial.length).toBeGreaterThan(0);
});
