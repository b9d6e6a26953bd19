// The life of a stream's record over REST, and every bad submission: a coded answer, and nothing left behind.
import { Queue, Worker } from 'bullmq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient, VerbcastError } from '../../client/client.ts';
import { StoredRecord } from '../../protocol/record.ts';
import { StreamJob } from '../../protocol/stream.ts';
import { ending, type GatewaySandbox, openGatewaySandbox } from './gateway-sandbox.ts';

let box: GatewaySandbox;
let queue: Queue;
beforeAll(async () => {
  box = await openGatewaySandbox({ SOURCE_NETWORKS: '192.0.2.0/24' });
  queue = new Queue('streams', { connection: box.sandbox.open(), prefix: box.keys.queuePrefix });
  box.sandbox.use(queue);
});
afterAll(() => box.close());

const clip = { source: { path: 'clip.mp4' }, labels: ['waving'] };

async function request(method: string, path: string, body?: string, type = 'application/json') {
  const response = await fetch(box.gateway.url + path, {
    method,
    ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

describe('a submitted file', () => {
  test('has a record, labels, a first event, a place in the list and a job that an ingest can take', async () => {
    const answer = await request('POST', '/v1/streams', JSON.stringify(clip));
    expect(answer.status).toBe(201);
    const { id } = answer.body;
    expect(id).toMatch(/^st_[0-9a-z]{20}$/);
    expect(answer.headers.get('location')).toBe(`/v1/streams/${id}`);
    expect(answer.body).toMatchObject({ status: 'queued', mode: 'file', model: 'pocket', labelsVersion: 1 });

    const stored = StoredRecord.parse(await box.redis.hgetall(box.keys.stream(id)));
    expect(stored).toMatchObject({
      id,
      source: 'clip.mp4',
      stop: 0,
      published: 0,
      eventSeq: 1,
      sampleFps: 2,
    });
    expect(await box.client.labels(id)).toMatchObject({
      version: 1,
      labels: [{ name: 'waving', prompts: ['waving'], not: [] }],
      templates: 'action',
    });
    expect(await box.redis.xlen(box.keys.events(id))).toBe(1);
    expect((await box.client.streams({ limit: 1 })).streams).toEqual([answer.body]);

    const job = await queue.getJob(id);
    expect(StreamJob.parse(job?.data)).toEqual({ v: 1, stream: id, source: clip.source });
    expect(await job?.getState()).toBe('waiting');
    expect(job?.opts).toMatchObject({ removeOnComplete: true, removeOnFail: true });
  });

  test('gets the better of the served models, or the one it asks for', async () => {
    await box.serve('clip-vit-base-patch32');
    expect((await box.client.createStream(clip)).model).toBe('clip-vit-base-patch32');
    const options = { model: 'pocket' };
    expect((await box.client.createStream({ ...clip, options })).model).toBe('pocket');
    expect(await box.client.models()).toMatchObject({
      default: 'clip-vit-base-patch32',
      models: [{ id: 'clip-vit-base-patch32' }, { id: 'pocket' }],
    });
    await box.redis.hdel(box.keys.models, 'clip-vit-base-patch32');
  });
});

test('a camera is live, and its credentials lie nowhere but in the job', async () => {
  const url = 'rtsp://admin:hunter2@192.0.2.7/stream1';
  const record = await box.client.createStream({ source: { url }, labels: ['waving'] });
  expect(record).toMatchObject({ mode: 'live', progress: null, durationSeconds: null });
  expect(JSON.stringify(record)).not.toContain('hunter2');
  expect(JSON.stringify(await box.redis.hgetall(box.keys.stream(record.id)))).not.toContain('hunter2');
  expect((await queue.getJob(record.id))?.data.source).toEqual({ url });
});

describe('labels', () => {
  test('are replaced while the stream runs, with a version and an event in one step', async () => {
    const id = await box.submit();
    const replacements = ['a', 'b', 'c', 'd'].map((label) => box.client.setLabels(id, { labels: [label] }));
    const versions = (await Promise.all(replacements)).map(({ labelsVersion }) => labelsVersion);
    expect([...versions].sort()).toEqual([2, 3, 4, 5]);
    const current = await box.client.labels(id);
    expect(current.version).toBe(5);
    expect(await box.client.stream(id)).toMatchObject({ labelsVersion: 5 });
    await box.append(id, ...ending());
    const events = [];
    for await (const event of box.client.watch(id, { types: ['labels.changed'] })) events.push(event);
    expect(events.map((event) => 'labelsVersion' in event && event.labelsVersion)).toEqual([2, 3, 4, 5]);
    expect(events.at(-1)).toMatchObject({ labels: current.labels.map(({ name }) => name), seq: 5 });
  });

  test('of a stream that is over stay', async () => {
    const id = await box.submit();
    await box.append(id, ...ending());
    await expect(box.client.setLabels(id, { labels: ['a'] })).rejects.toMatchObject({
      code: 'E_STREAM_OVER',
      status: 409,
    });
    expect((await box.client.labels(id)).version).toBe(1);
  });

  test('may keep their templates while no worker is up, but not name unknown ones', async () => {
    const id = await box.submit();
    await box.redis.del(box.keys.models);
    expect(await box.client.setLabels(id, { labels: ['a'] })).toEqual({ labelsVersion: 2 });
    const plain = { labels: ['a'], templates: 'plain' };
    await expect(box.client.setLabels(id, plain)).rejects.toMatchObject({ code: 'E_MODEL_NOT_SERVED' });
    await box.serve('pocket');
    expect(await box.client.setLabels(id, plain)).toEqual({ labelsVersion: 3 });
    await expect(box.client.setLabels(id, { labels: ['a'], templates: 'x' })).rejects.toMatchObject({
      code: 'E_BAD_REQUEST',
      detail: expect.stringContaining('action, plain'),
    });
  });
});

describe('stop', () => {
  test('marks a stream that an ingest holds, and leaves one that is over alone', async () => {
    await queue.drain();
    const id = await box.submit();
    const connection = box.sandbox.open('patient');
    const ingest = new Worker(queue.name, undefined, { connection, prefix: box.keys.queuePrefix });
    const lease = await ingest.getNextJob('ingest');
    expect(lease?.id).toBe(id);
    const first = await request('DELETE', `/v1/streams/${id}`);
    expect(first).toMatchObject({ status: 202, body: { stopping: true, status: 'queued' } });
    expect(await box.redis.hget(box.keys.stream(id), 'stop')).toBe('1');
    await box.append(id, ...ending('cancelled'));
    const second = await request('DELETE', `/v1/streams/${id}`);
    expect(second).toMatchObject({ status: 200, body: { stopping: false, status: 'cancelled' } });
    await lease?.moveToCompleted(null, 'ingest', false);
    await ingest.close();
  });

  test('ends a stream that no ingest holds at once, and takes it off the queue', async () => {
    const id = await box.submit();
    await box.redis.hset(box.keys.stream(id), { published: 3, nextFrame: 12 });
    await box.redis.set(box.keys.frames(id, 2), 'pixels', 'EX', 60);
    const record = await box.client.stop(id);
    expect(record).toMatchObject({ status: 'cancelled', stopping: false, endedAt: expect.any(String) });
    expect(await queue.getJob(id)).toBeUndefined();
    expect(await box.redis.exists(box.keys.frames(id, 2))).toBe(0);
    expect(await box.redis.ttl(box.keys.stream(id))).toBeLessThanOrEqual(7_200);
    const events = [];
    for await (const event of box.client.watch(id)) events.push(event);
    expect(events).toMatchObject([{ status: 'queued' }, { seq: 2, status: 'cancelled' }]);
  });

  test('of an unknown stream makes no record of it', async () => {
    await expect(box.client.stop('st_00000000')).rejects.toMatchObject({ code: 'E_STREAM_NOT_FOUND' });
    expect(await box.redis.exists(box.keys.stream('st_00000000'))).toBe(0);
  });

  test('with purge removes everything of a stream that is over, and only then', async () => {
    const id = await box.submit();
    await expect(box.client.purge(id)).rejects.toMatchObject({ code: 'E_STREAM_RUNNING', status: 409 });
    await box.append(id, [...ending()[0]], { ...ending()[1], published: 3 });
    await box.redis.set(box.keys.frames(id, 2), 'pixels');
    await box.redis.hset(box.keys.embeddings(id), '0', 'x');
    await (await queue.getJob(id))?.remove();
    await box.client.purge(id);
    expect(await box.redis.keys(`*${id}*`)).toEqual([]);
    expect(await box.redis.zscore(box.keys.streams, id)).toBeNull();
    await expect(box.client.stream(id)).rejects.toMatchObject({ code: 'E_STREAM_NOT_FOUND' });
  });
});

test('the list goes through all streams once, newest first, past those that are forgotten', async () => {
  const own = await openGatewaySandbox();
  const ids: string[] = [];
  for (let i = 0; i < 7; i += 1) ids.unshift(await own.submit());
  // As many of one millisecond as there can be: the cursor must not skip or repeat any.
  for (const id of ids.slice(1, 5)) await own.redis.zadd(own.keys.streams, 1_000, id);
  await own.redis.del(own.keys.stream(ids[6] ?? ''));
  const seen: string[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await own.client.streams({ limit: 2, ...(cursor ? { cursor } : {}) });
    seen.push(...page.streams.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor);
  const sameTime = ids.slice(1, 5).sort().reverse();
  expect(seen).toEqual([ids[0], ids[5], ...sameTime]);
  await own.close();
});

describe('refused with a code, and nothing left behind:', () => {
  const body = (more: object) => JSON.stringify({ ...clip, ...more });
  const many = Array.from({ length: 10_000 }, (_, i) => `label ${i}`);
  const cases: [string, string, number, string, string?][] = [
    ['no labels', body({ labels: [] }), 400, 'E_LABELS_INVALID', 'labels'],
    ['10,000 labels', body({ labels: many }), 400, 'E_LABELS_INVALID', 'labels'],
    ['the same label twice', body({ labels: ['a', { name: 'a' }] }), 400, 'E_LABELS_INVALID', 'unique'],
    [
      'an unknown label option',
      body({ labels: [{ name: 'a', prompt: 'b' }] }),
      400,
      'E_LABELS_INVALID',
      'prompt',
    ],
    ['off above on', body({ thresholds: { on: 0.2, off: 0.4 } }), 400, 'E_LABELS_INVALID', 'thresholds'],
    ['an unknown option', body({ options: { fps: 2 } }), 400, 'E_BAD_REQUEST', 'fps'],
    ['an unknown field', body({ label: 'a' }), 400, 'E_BAD_REQUEST', 'label'],
    ['an unknown template set', body({ templates: 'poems' }), 400, 'E_BAD_REQUEST', 'action, plain'],
    ['an unknown model', body({ options: { model: 'huge' } }), 503, 'E_MODEL_NOT_SERVED', 'pocket'],
    ['no source', JSON.stringify({ labels: ['a'] }), 400, 'E_BAD_REQUEST', 'source'],
    ['two sources', body({ source: { path: 'clip.mp4', url: 'rtsp://x' } }), 400, 'E_BAD_REQUEST'],
    ['a missing file', body({ source: { path: 'none.mp4' } }), 404, 'E_SOURCE_NOT_FOUND'],
    ['a directory', body({ source: { path: 'folder' } }), 422, 'E_SOURCE_NOT_A_FILE'],
    ['an empty file', body({ source: { path: 'empty.mp4' } }), 422, 'E_SOURCE_EMPTY'],
    ['a path outside', body({ source: { path: '../data' } }), 403, 'E_SOURCE_FORBIDDEN'],
    ['an absolute path outside', body({ source: { path: '/etc/passwd' } }), 403, 'E_SOURCE_FORBIDDEN'],
    ['a file: URL', body({ source: { url: 'file:///etc/passwd' } }), 403, 'E_SOURCE_FORBIDDEN'],
    ['the metadata service', body({ source: { url: 'http://169.254.169.254/' } }), 403, 'E_SOURCE_FORBIDDEN'],
    ['an unknown upload', body({ source: { upload: 'abc' } }), 404, 'E_UPLOAD_NOT_FOUND'],
    ['an upload id with a path in it', body({ source: { upload: '../x' } }), 400, 'E_BAD_REQUEST'],
    ['broken JSON', '{"labels": [', 400, 'E_BAD_REQUEST'],
    ['no JSON object', '"hello"', 400, 'E_BAD_REQUEST'],
    ['10 MB of JSON', `{"labels": ["${'a'.repeat(10_000_000)}"]}`, 413, 'E_BODY_TOO_LARGE'],
  ];
  test.each(cases)('%s', async (_, text, status, code, detail = '') => {
    await box.serve('pocket');
    const before = (await box.redis.keys('*')).sort();
    const answer = await request('POST', '/v1/streams', text);
    expect(answer.body).toMatchObject({ status, code, detail: expect.stringContaining(detail) });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect((await box.redis.keys('*')).sort()).toEqual(before);
  });

  test('a body that is no JSON by its type', async () => {
    const answer = await request('POST', '/v1/streams', 'labels=a', 'application/x-www-form-urlencoded');
    expect(answer.body).toMatchObject({ status: 400, code: 'E_BAD_REQUEST' });
  });

  test('an address that does not exist', async () => {
    expect((await request('GET', '/v1/nothing')).body).toMatchObject({ status: 404, code: 'E_NOT_FOUND' });
    for (const id of ['st_00000000', 'nonsense', '..%2f..%2fetc']) {
      const { body: problem } = await request('GET', `/v1/streams/${id}`);
      expect(problem, id).toMatchObject({ status: 404, code: 'E_STREAM_NOT_FOUND' });
    }
  });

  test('a page, a cursor or a format that makes no sense', async () => {
    for (const query of ['limit=0', 'limit=1000', 'limit=x', 'cursor=zzz']) {
      expect((await request('GET', `/v1/streams?${query}`)).body, query).toMatchObject({
        code: 'E_BAD_REQUEST',
      });
    }
    const id = await box.submit();
    const { body: problem } = await request('GET', `/v1/streams/${id}/actions?format=exe`);
    expect(problem).toMatchObject({ code: 'E_BAD_REQUEST', status: 400 });
  });

  test('a request that a foreign page has made a browser send', async () => {
    const response = await fetch(`${box.gateway.url}/v1/streams`, {
      headers: { origin: 'https://evil.example' },
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'E_ORIGIN_FORBIDDEN' });
  });
});

test('the client throws what the gateway says', async () => {
  const failure = await box.client
    .createStream({ source: { path: 'clip.mp4' }, labels: [] })
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(VerbcastError);
  expect(failure).toMatchObject({ code: 'E_LABELS_INVALID', status: 400, retry: false });
  expect(failure).toMatchObject({ faults: [{ field: 'labels' }] });
  const nobody = createClient({ url: 'http://127.0.0.1:9' });
  await expect(nobody.models()).rejects.toMatchObject({ code: 'E_GATEWAY_UNREACHABLE', retry: true });
});

test('every answer has the headers that keep a browser safe', async () => {
  const { headers } = await request('GET', '/healthz');
  expect(headers.get('content-security-policy')).toMatch("default-src 'self'");
  expect(headers.get('content-security-policy')).not.toMatch('unsafe');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
});
