// The WebSocket protocol on a real gateway.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ending, type GatewaySandbox, openGatewaySandbox } from './gateway-sandbox.ts';
import { openProbe, type SocketProbe } from './socket-probe.ts';

let box: GatewaySandbox;
const probes: SocketProbe[] = [];
beforeAll(async () => {
  box = await openGatewaySandbox({ SOCKET_MESSAGES_PER_SECOND: '10000' });
});
afterAll(async () => {
  for (const { socket } of probes) socket.terminate();
  await box.close();
});

async function probe(): Promise<SocketProbe> {
  const opened = await openProbe(box.gateway.url);
  probes.push(opened);
  return opened;
}
const scores = (media: number) => ({ type: 'scores' as const, media, labelsVersion: 1, frames: [] });
const action = { id: 'ac_1', label: 'waving', start: 1, score: 0.8, peak: 0.9 };

test('a subscriber gets what was, then what comes, then the end', async () => {
  const stream = await box.submit();
  await box.append(stream, [scores(1)]);
  const { send, message, messages, socket } = await probe();
  send({ type: 'subscribe', stream });
  expect(await message('subscribed')).toEqual({ type: 'subscribed', stream, seq: 2 });
  await message('scores');
  await box.append(stream, [{ type: 'action.started', media: 2, action }]);
  await message('action.started');
  await box.append(stream, ...ending());
  await message('unsubscribed');
  expect(messages).toEqual([
    { type: 'subscribed', stream, seq: 2 },
    { v: 1, seq: 1, stream, type: 'stream.status', media: 0, status: 'queued' },
    { v: 1, seq: 2, stream, ...scores(1) },
    { v: 1, seq: 3, stream, type: 'action.started', media: 2, action },
    { v: 1, seq: 4, stream, type: 'stream.status', media: 9, status: 'ended' },
    { type: 'unsubscribed', stream },
  ]);
  expect(socket.readyState).toBe(socket.OPEN);
});

test('`after` resumes behind a seq, and a stream that is over ends at once', async () => {
  const stream = await box.submit();
  await box.append(stream, [scores(1), scores(2)]);
  await box.append(stream, ...ending());
  const { send, message, messages, seqs } = await probe();
  send({ type: 'subscribe', stream, after: 2 });
  await message('unsubscribed');
  expect(seqs()).toEqual([3, 4]);
  const from = messages.length;
  send({ type: 'subscribe', stream, after: 4 });
  await message('unsubscribed', from);
  expect(messages.slice(from)).toEqual([
    { type: 'subscribed', stream, seq: 4 },
    { type: 'unsubscribed', stream },
  ]);
});

test('`types` lets only these through, and a trimmed history in any case', async () => {
  const stream = await box.submit();
  await box.append(stream, [scores(1), scores(2), { type: 'action.started', media: 2, action }, scores(3)]);
  await box.append(stream, ...ending());
  await box.redis.xtrim(box.keys.events(stream), 'MINID', '3-0');
  const { send, message, messages } = await probe();
  send({ type: 'subscribe', stream, types: ['action.started', 'stream.status'] });
  await message('unsubscribed');
  const events = messages.filter((event) => 'v' in event).map(({ type, seq }) => [seq, type]);
  expect(events).toEqual([
    [2, 'gap'],
    [4, 'action.started'],
    [6, 'stream.status'],
  ]);
});

test('one socket watches many streams, and subscribing again starts over', async () => {
  const streams = [await box.submit(), await box.submit(), await box.submit()];
  const { send, message, messages, seqs } = await probe();
  for (const stream of streams) send({ type: 'subscribe', stream });
  for (const stream of streams) await box.append(stream, [scores(1)]);
  await eventually('two events of each', () => streams.every((stream) => seqs(stream).length === 2));
  const from = messages.length;
  send({ type: 'subscribe', stream: streams[0], after: 1 });
  await message('subscribed', from);
  await message('scores', from);
  await box.append(streams[0] ?? '', [scores(2)]);
  await eventually('the new event, once', () => seqs(streams[0]).at(-1) === 3);
  expect(seqs(streams[0])).toEqual([1, 2, 2, 3]);
});

test('after `unsubscribe` nothing comes any more, even when it follows at once', async () => {
  const stream = await box.submit();
  const { send, message, messages } = await probe();
  send({ type: 'subscribe', stream });
  send({ type: 'unsubscribe', stream });
  await message('unsubscribed');
  const from = messages.length;
  await box.append(stream, [scores(1)]);
  send({ type: 'ping', id: 'x' });
  expect(await message('pong')).toEqual({ type: 'pong', id: 'x' });
  expect(messages.slice(from)).toEqual([{ type: 'pong', id: 'x' }]);
});

describe('a message that makes no sense is answered with a code, and the socket lives:', () => {
  test.each([
    ['no JSON', '{"type":', 'Expected'],
    ['JSON that is no message', '[1,2]', 'Invalid'],
    ['an unknown type', '{"type":"shout"}', 'type'],
    ['an unknown field', '{"type":"ping","to":"me"}', 'to'],
    ['a bad stream id', '{"type":"subscribe","stream":"../x"}', 'stream'],
    ['a negative seq', '{"type":"subscribe","stream":"st_00000000","after":-1}', 'after'],
    ['an unknown event type', '{"type":"subscribe","stream":"st_00000000","types":["x"]}', 'types'],
  ])('%s', async (_, text, detail) => {
    const { send, message, socket } = await probe();
    send(text);
    const error = await message('error');
    expect(error).toMatchObject({ code: 'E_BAD_REQUEST', retry: false });
    expect(error.message).toContain(detail);
    send({ type: 'ping' });
    await message('pong');
    socket.close();
  });

  test('bytes', async () => {
    const { socket, message } = await probe();
    socket.send(Buffer.from([1, 2, 3]));
    expect(await message('error')).toMatchObject({ code: 'E_BAD_REQUEST' });
  });

  test('a stream that does not exist', async () => {
    const { send, message } = await probe();
    send({ type: 'subscribe', stream: 'st_00000000' });
    expect(await message('error')).toMatchObject({ code: 'E_STREAM_NOT_FOUND', stream: 'st_00000000' });
  });

  test('ten thousand random ones', async () => {
    const { send, messages, message } = await probe();
    const pieces = [
      '{',
      '}',
      '"type"',
      ':',
      '"subscribe"',
      ',',
      '[',
      ']',
      '\u0000',
      '🎈',
      '1e999',
      'null',
      '\\',
    ];
    for (let i = 0; i < 10_000; i += 1) {
      const length = Math.floor(Math.random() * 12);
      send(Array.from({ length }, () => pieces[Math.floor(Math.random() * pieces.length)]).join(''));
      if (i % 50 === 49) await eventually('answers', () => messages.length >= i, { everyMs: 1 });
    }
    send({ type: 'ping' });
    await message('pong');
    expect(messages).toHaveLength(10_001);
    const codes = new Set(messages.map((answer) => ('code' in answer ? answer.code : answer.type)));
    expect([...codes]).toEqual(['E_BAD_REQUEST', 'pong']);
  });
});

test('a gateway that shuts down says so with 1012', async () => {
  const second = await box.start();
  const { closed } = await openProbe(second.url);
  await second.close();
  expect(await closed).toEqual({ code: 1012, reason: 'E_SHUTTING_DOWN' });
});

test('fifty subscribers on two gateways see the same complete log', async () => {
  const second = await box.start();
  const stream = await box.submit();
  const urls = [box.gateway.url, second.url];
  const fifty = await Promise.all(Array.from({ length: 50 }, (_, i) => openProbe(urls[i % 2] ?? '')));
  for (const { send } of fifty) send({ type: 'subscribe', stream });
  for (let i = 0; i < 100; i += 1) await box.append(stream, [scores(i), scores(i), scores(i)]);
  await box.append(stream, ...ending());
  await Promise.all(fifty.map(({ message }) => message('unsubscribed')));
  const complete = Array.from({ length: 302 }, (_, i) => i + 1);
  for (const { seqs, socket } of fifty) {
    expect(seqs()).toEqual(complete);
    socket.terminate();
  }
  await second.close();
});
