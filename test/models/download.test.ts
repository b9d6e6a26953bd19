// One file from a server that cuts, stalls, forgets and lies.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DownloadOptions, downloadFile } from '../../models/download.ts';
import { startTinyHub, type TinyHub } from './tiny-hub.ts';

const PATH = 'some/model/resolve/main/onnx/vision_model.onnx';
const CONTENT = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 7919) % 251));
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const TUNING = { attempts: 3, backoffMs: 1, stallTimeoutMs: 5_000 };

let hub: TinyHub;
let folder: string;
let target: string;
beforeEach(async () => {
  hub = await startTinyHub();
  hub.files.set(PATH, CONTENT);
  folder = mkdtempSync(join(tmpdir(), 'verbcast-download-'));
  target = join(folder, 'onnx/vision_model.onnx');
});
afterEach(async () => {
  await hub.close();
  rmSync(folder, { recursive: true });
});

const download = (options: Partial<DownloadOptions> = {}) =>
  downloadFile({ url: `${hub.endpoint}/${PATH}`, target, sha256: SHA256, tuning: TUNING, ...options });
const part = () => `${target}.part`;

test('a file comes whole, under its name, with its hash and the commit', async () => {
  expect(await download()).toEqual({ bytes: CONTENT.length, sha256: SHA256, commit: 'c0ffee' });
  expect(readFileSync(target).equals(CONTENT)).toBe(true);
  expect(existsSync(part())).toBe(false);
});

test('a redirect to another host is followed', async () => {
  hub.redirectFromBytes = 1_000;
  await download();
  expect(readFileSync(target).equals(CONTENT)).toBe(true);
  expect(hub.requests).toEqual([`GET /${PATH} → storage`, `GET /storage/${PATH}`]);
});

test('progress grows to the size that the server says', async () => {
  const seen: (readonly [number, number | undefined])[] = [];
  await download({ onBytes: (bytes, total) => seen.push([bytes, total]) });
  expect(seen.at(0)).toEqual([0, CONTENT.length]);
  expect(seen.at(-1)).toEqual([CONTENT.length, CONTENT.length]);
  expect(seen.every(([bytes], at) => bytes >= (seen[at - 1]?.[0] ?? 0))).toBe(true);
});

describe('a connection that is cut', () => {
  test.each([
    ['pinned', SHA256],
    ['not pinned', undefined],
  ])('is gone on with where it ended, through a redirect too: %s', async (_, sha256) => {
    hub.redirectFromBytes = 1_000;
    hub.faults.set(PATH, [{ kind: 'cut', afterBytes: 70_000 }]);
    expect((await download({ sha256 })).sha256).toBe(SHA256);
    expect(readFileSync(target).equals(CONTENT)).toBe(true);
    const ranges = hub.requests.filter((line) => line.includes('bytes='));
    expect(ranges).toHaveLength(1);
    expect(Number(/bytes=(\d+)-/.exec(ranges[0] ?? '')?.[1])).toBeGreaterThan(0);
  });

  test('starts anew where the server does not know ranges', async () => {
    hub.ignoresRange = true;
    hub.faults.set(PATH, [{ kind: 'cut', afterBytes: 70_000 }]);
    await download();
    expect(readFileSync(target).equals(CONTENT)).toBe(true);
  });

  test('again and again is an E_MODEL_DOWNLOAD, and what has come is kept for the next pull', async () => {
    const cut = { kind: 'cut', afterBytes: 10_000 } as const;
    hub.faults.set(PATH, [cut, cut, cut]);
    await expect(download()).rejects.toMatchObject({ code: 'E_MODEL_DOWNLOAD' });
    expect(existsSync(target)).toBe(false);
    const kept = readFileSync(part());
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.equals(CONTENT.subarray(0, kept.length))).toBe(true);
    hub.requests.length = 0;
    await download();
    expect(hub.requests).toEqual([`GET /${PATH} bytes=${kept.length}-`]);
    expect(readFileSync(target).equals(CONTENT)).toBe(true);
  });
});

describe('a part of an earlier run', () => {
  test('is thrown away where no hash could tell whether the whole is right', async () => {
    await download();
    rmSync(target);
    writeFileSync(part(), 'of something else');
    expect((await download({ sha256: undefined })).sha256).toBe(SHA256);
  });

  test('that is already whole is put in place without asking again', async () => {
    await download();
    rmSync(target);
    writeFileSync(part(), CONTENT);
    hub.requests.length = 0;
    await download();
    expect(hub.requests).toEqual([]);
    expect(existsSync(target)).toBe(true);
  });

  test('that is longer than the file is thrown away', async () => {
    await download();
    rmSync(target);
    writeFileSync(part(), Buffer.concat([CONTENT, CONTENT]));
    await download();
    expect(readFileSync(target).equals(CONTENT)).toBe(true);
  });

  test('that is not the beginning of the file is found out by the hash, and not kept', async () => {
    await download();
    rmSync(target);
    writeFileSync(part(), 'not the beginning');
    await expect(download()).rejects.toMatchObject({ code: 'E_MODEL_CHECKSUM' });
    expect([existsSync(target), existsSync(part())]).toEqual([false, false]);
    await download();
    expect(readFileSync(target).equals(CONTENT)).toBe(true);
  });
});

test('another file than the pinned one is an E_MODEL_CHECKSUM with both hashes, and leaves nothing', async () => {
  const wrong = 'f'.repeat(64);
  await expect(download({ sha256: wrong })).rejects.toMatchObject({
    code: 'E_MODEL_CHECKSUM',
    message: expect.stringMatching(new RegExp(`${wrong}.*${SHA256}`)),
  });
  expect([existsSync(target), existsSync(part())]).toEqual([false, false]);
});

describe('answers', () => {
  test('404 is an E_MODEL_UNKNOWN at once', async () => {
    hub.files.clear();
    await expect(download()).rejects.toMatchObject({ code: 'E_MODEL_UNKNOWN' });
    expect(hub.requests).toHaveLength(1);
  });

  test('401 is an E_MODEL_DOWNLOAD at once', async () => {
    hub.faults.set(PATH, [{ kind: 'status', status: 401 }]);
    await expect(download()).rejects.toMatchObject({
      code: 'E_MODEL_DOWNLOAD',
      message: expect.stringContaining('401'),
    });
    expect(hub.requests).toHaveLength(1);
  });

  test.each([429, 500, 503])('%i is tried again', async (status) => {
    hub.faults.set(PATH, [{ kind: 'status', status }]);
    await download();
    expect(hub.requests).toHaveLength(2);
  });
});

test('a server that falls silent is left and asked again', async () => {
  hub.faults.set(PATH, [{ kind: 'stall', afterBytes: 10_000 }]);
  await download({ tuning: { ...TUNING, stallTimeoutMs: 100 } });
  expect(readFileSync(target).equals(CONTENT)).toBe(true);
  expect(hub.requests).toHaveLength(2);
});

test('a server that is not there is an E_MODEL_DOWNLOAD that says so', async () => {
  // A port that was just free: nobody listens there.
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const address = probe.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await new Promise((resolve) => probe.close(resolve));
  await expect(download({ url: `http://127.0.0.1:${port}/x` })).rejects.toMatchObject({
    code: 'E_MODEL_DOWNLOAD',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('an abort ends it with the reason, and keeps what has come', async () => {
  hub.faults.set(PATH, [{ kind: 'stall', afterBytes: 10_000 }]);
  const controller = new AbortController();
  const reason = new Error('the user left');
  const onBytes = (bytes: number) => bytes > 0 && controller.abort(reason);
  await expect(download({ signal: controller.signal, onBytes })).rejects.toBe(reason);
  expect(existsSync(part())).toBe(true);
  expect(hub.requests).toHaveLength(1);
});
