// Uploads: whole, resumable, too large, too many, too slow; nothing half-done stays behind.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat, utimes } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Upload as TusUpload } from 'tus-js-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startCuttingProxy } from '../client/cutting-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { type GatewaySandbox, openGatewaySandbox } from './gateway-sandbox.ts';

const MAX_BYTES = 4_000_000;
let box: GatewaySandbox;
beforeAll(async () => {
  box = await openGatewaySandbox({
    UPLOAD_MAX_BYTES: String(MAX_BYTES),
    UPLOADS_QUOTA_BYTES: '10000000',
    UPLOAD_STALL_SECONDS: '1',
  });
});
beforeEach(() => box.serve('pocket'));
afterAll(() => box.close());

const finished = async () =>
  (await readdir(join(box.dataDir, 'uploads'))).filter((name) => name !== '.partial');
const partial = () => readdir(join(box.dataDir, 'uploads/.partial'));
const bytesOf = (id: string) => readFile(join(box.dataDir, 'uploads', id));

type Body = NonNullable<RequestInit['body']>;

async function post(body: Body, headers: Record<string, string> = {}) {
  const response = await fetch(`${box.gateway.url}/v1/uploads`, {
    method: 'POST',
    body,
    headers,
    duplex: 'half',
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
async function remove(id: unknown): Promise<number> {
  return (await fetch(`${box.gateway.url}/v1/uploads/${id}`, { method: 'DELETE' })).status;
}
/** A body whose length is not announced. */
function chunked(bytes: number): Body {
  const chunks = Array.from({ length: Math.ceil(bytes / 100_000) }, () => randomBytes(100_000));
  return Readable.toWeb(Readable.from(chunks)) as unknown as Body;
}

describe('in one request', () => {
  test('a raw body becomes a file that can be submitted, and is removed on demand', async () => {
    const content = randomBytes(2_500_000);
    const { status, body } = await post(content, { 'content-type': 'video/mp4' });
    expect(status).toBe(201);
    expect(body).toEqual({ id: expect.stringMatching(/^up_[0-9a-f]{24}$/), bytes: 2_500_000 });
    expect((await bytesOf(String(body.id))).equals(content)).toBe(true);
    const record = await box.client.createStream({ source: { upload: String(body.id) }, labels: ['a'] });
    expect(record).toMatchObject({ mode: 'file', source: `upload ${body.id}` });
    expect(await remove(body.id)).toBe(204);
    expect(await remove(body.id)).toBe(404);
    expect(await finished()).toEqual([]);
  });

  test('so does the file of a form, one whose size nobody announced, and JSON', async () => {
    const form = new FormData();
    form.set('note', 'hello');
    form.set('file', new Blob(['some video']), 'clip.mp4');
    const uploaded = [
      await post(form),
      await post(chunked(1_000_000)),
      await post('{"not": "parsed"}', { 'content-type': 'application/json' }),
    ];
    expect(uploaded.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(uploaded.map(({ body }) => body.bytes)).toEqual([10, 1_000_000, 17]);
    for (const { body } of uploaded) expect(await remove(body.id)).toBe(204);
  });

  test('the client sends a blob', async () => {
    const { id, bytes } = await box.client.upload(new Blob([randomBytes(70_000)]));
    expect(bytes).toBe(70_000);
    expect(await remove(id)).toBe(204);
  });

  test.each([
    ['too large, as announced', () => post(randomBytes(MAX_BYTES + 1)), 413, 'E_BODY_TOO_LARGE'],
    ['too large, as it turns out', () => post(chunked(MAX_BYTES + 1)), 413, 'E_BODY_TOO_LARGE'],
    ['empty', () => post(''), 422, 'E_SOURCE_EMPTY'],
    ['a form without a file', () => post(new FormData()), 400, 'E_BAD_REQUEST'],
  ])('what is %s is refused and leaves nothing', async (_, send, status, code) => {
    expect(await send()).toMatchObject({ status, body: { code } });
    expect([...(await finished()), ...(await partial())]).toEqual([]);
  });

  test('what does not fit on the disk is refused, before and while it comes', async () => {
    const kept = [await post(randomBytes(3_900_000)), await post(randomBytes(3_900_000))];
    expect(await post(randomBytes(3_900_000))).toMatchObject({
      status: 507,
      body: { code: 'E_UPLOAD_QUOTA' },
    });
    expect(await post(chunked(3_900_000))).toMatchObject({ status: 507, body: { code: 'E_UPLOAD_QUOTA' } });
    expect((await post(randomBytes(2_000_000))).status).toBe(201);
    for (const id of await finished()) expect(await remove(id)).toBe(204);
    expect(kept.map(({ status }) => status)).toEqual([201, 201]);
    expect(await partial()).toEqual([]);
  });

  test('a connection lost on the way leaves nothing', async () => {
    const socket = connect(Number(new URL(box.gateway.url).port), '127.0.0.1');
    socket.write('POST /v1/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 300000\r\n\r\n');
    socket.write(randomBytes(200_000));
    await eventually('it is being written', async () => (await partial()).length === 1);
    socket.destroy();
    await eventually('it is removed', async () => (await partial()).length === 0);
  });

  test('a body that trickles is given up with 408', async () => {
    const socket = connect(Number(new URL(box.gateway.url).port), '127.0.0.1');
    socket.write('POST /v1/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 300000\r\n\r\n');
    const trickle = setInterval(() => socket.write('x'), 50);
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    await once(socket, 'close');
    clearInterval(trickle);
    expect(text).toMatch(/^HTTP\/1.1 408 /);
    expect(text).toContain('E_UPLOAD_STALLED');
    await eventually('nothing stays', async () => (await partial()).length === 0);
    expect((await fetch(`${box.gateway.url}/healthz`)).status).toBe(200);
  });
});

describe('resumable, by the client of the tus project', () => {
  const endpoint = () => `${box.gateway.url}/v1/uploads/resumable`;

  function upload(content: Buffer, options: ConstructorParameters<typeof TusUpload>[1]) {
    return new Promise<{ id: string; requests: number }>((resolve, reject) => {
      let requests = 0;
      const tus = new TusUpload(content, {
        chunkSize: 500_000,
        retryDelays: [0, 10, 20, 50, 100, 200],
        onBeforeRequest: () => {
          requests += 1;
        },
        onError: reject,
        onSuccess: () => resolve({ id: tus.url?.split('/').at(-1) ?? '', requests }),
        ...options,
      });
      tus.start();
    });
  }

  test('a file comes in pieces and is finished under its id', async () => {
    const content = randomBytes(2_300_000);
    const { id, requests } = await upload(content, { endpoint: endpoint() });
    expect(requests).toBe(6);
    expect((await bytesOf(id)).equals(content)).toBe(true);
    expect(await box.client.createStream({ source: { upload: id }, labels: ['a'] })).toMatchObject({
      mode: 'file',
    });
    expect(await remove(id)).toBe(204);
    expect([...(await finished()), ...(await partial())]).toEqual([]);
  });

  test('a connection that is cut again and again loses nothing and sends nothing twice', async () => {
    const proxy = await startCuttingProxy(box.gateway.url);
    const content = randomBytes(3_000_000);
    let cuts = 0;
    const { id } = await upload(content, {
      endpoint: `${proxy.url}/v1/uploads/resumable`,
      onChunkComplete: (_, accepted) => {
        if (accepted % 1_000_000 !== 0 || accepted === content.length) return;
        cuts += 1;
        proxy.cut();
      },
    });
    expect(cuts).toBe(2);
    expect((await bytesOf(id)).equals(content)).toBe(true);
    expect(await remove(id)).toBe(204);
    await proxy.close();
  });

  test('the offset of a finished upload can still be asked for, by who missed the last answer', async () => {
    const content = randomBytes(100_000);
    const { id } = await upload(content, { endpoint: endpoint() });
    const head = await fetch(`${endpoint()}/${id}`, {
      method: 'HEAD',
      headers: { 'tus-resumable': '1.0.0' },
    });
    expect(head.headers.get('upload-offset')).toBe('100000');
    expect((await stat(join(box.dataDir, 'uploads', id))).size).toBe(100_000);
    expect(await remove(id)).toBe(204);
  });

  test('too large, empty, of unknown size, or no room left is refused at the start', async () => {
    const create = async (headers: Record<string, string>) => {
      const response = await fetch(endpoint(), {
        method: 'POST',
        headers: { 'tus-resumable': '1.0.0', ...headers },
      });
      return { status: response.status, text: await response.text() };
    };
    expect((await create({ 'upload-length': String(MAX_BYTES + 1) })).status).toBe(413);
    expect((await create({ 'upload-length': '0' })).text).toContain('E_SOURCE_EMPTY');
    expect((await create({ 'upload-defer-length': '1' })).text).toContain('E_BAD_REQUEST');
    // What is announced counts, though not a byte has come.
    expect((await create({ 'upload-length': String(MAX_BYTES) })).status).toBe(201);
    expect((await create({ 'upload-length': String(MAX_BYTES) })).status).toBe(201);
    expect(await create({ 'upload-length': String(MAX_BYTES) })).toMatchObject({
      status: 507,
      text: expect.stringContaining('E_UPLOAD_QUOTA'),
    });
    const foreign = await fetch(endpoint(), {
      method: 'POST',
      headers: { 'tus-resumable': '1.0.0', 'upload-length': '1', origin: 'https://evil.example' },
    });
    expect(foreign.status).toBe(403);
    for (const name of (await partial()).filter((file) => !file.endsWith('.json'))) {
      const options = { method: 'DELETE', headers: { 'tus-resumable': '1.0.0' } };
      expect((await fetch(`${endpoint()}/${name}`, options)).status).toBe(204);
    }
    expect(await partial()).toEqual([]);
  });

  test('ids that lead elsewhere lead nowhere', async () => {
    for (const id of ['..%2f..%2fsecret', '.partial', 'up_zz']) {
      const head = await fetch(`${endpoint()}/${id}`, {
        method: 'HEAD',
        headers: { 'tus-resumable': '1.0.0' },
      });
      expect(head.status, id).toBe(404);
    }
  });
});

test('old uploads go when a gateway starts, finished or not; what a stream was made of stays', async () => {
  const old = await box.client.upload(new Blob(['old']));
  const used = await box.client.upload(new Blob(['used']));
  const fresh = await box.client.upload(new Blob(['fresh']));
  const before = new Date(Date.now() - 100 * 3_600_000);
  for (const { id } of [old, used]) await utimes(join(box.dataDir, 'uploads', id), before, before);
  await box.client.createStream({ source: { upload: used.id }, labels: ['a'] });
  await (await box.start()).close();
  expect((await finished()).sort()).toEqual([used.id, fresh.id].sort());
});
