// What a socket may not do, and what becomes of one that does.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { loadGatewayConfig } from '../../gateway/config.ts';
import { createFeed } from '../../gateway/feed.ts';
import { createSocketMetrics } from '../../gateway/socket-metrics.ts';
import { openSession } from '../../gateway/socket-session.ts';
import { serveSockets } from '../../gateway/sockets.ts';
import { createMetrics, type Metrics } from '../../runtime/metrics.ts';
import { eventually } from '../support/eventually.ts';
import { ending, type GatewaySandbox, openGatewaySandbox } from './gateway-sandbox.ts';
import { openProbe, refusal } from './socket-probe.ts';

let box: GatewaySandbox;
beforeAll(async () => {
  box = await openGatewaySandbox();
});
afterAll(() => box.close());

async function metricValue(metrics: Metrics, name: string): Promise<number> {
  const line = (await metrics.text()).split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.split(' ')[1] ?? 0);
}
/** An event of about `kilobytes` KB. */
const big = (media: number, kilobytes: number) => ({
  type: 'scores' as const,
  media,
  labelsVersion: 1,
  frames: Array.from({ length: kilobytes }, () => ({
    media,
    top: [{ label: 'x'.repeat(960), score: 0.5 }],
    background: 0.5,
  })),
});

test('a paused reader is cut with 4008; others get everything, and so does it when it comes back', async () => {
  const stream = await box.submit();
  const slow = await openProbe(box.gateway.url);
  const quick = await openProbe(box.gateway.url);
  for (const { send } of [slow, quick]) send({ type: 'subscribe', stream });
  await Promise.all([slow.message('subscribed'), quick.message('subscribed')]);
  const before = process.memoryUsage().rss;
  slow.socket.pause();
  let sent = 1;
  const isCut = async () => (await metricValue(box.metrics, 'verbcast_slow_clients_total')) === 1;
  while (!(await isCut()) && sent < 2_000) {
    await box.append(stream, [big(sent, 50)]);
    sent += 1;
    await eventually('the quick reader has it', () => quick.seqs().length === sent, { everyMs: 1 });
  }
  expect(await isCut()).toBe(true);
  await box.append(stream, [big(sent, 1), big(sent, 1)]);
  sent += 2;
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 2 ** 20);
  slow.socket.resume();
  expect(await slow.closed).toEqual({ code: 4008, reason: 'E_SLOW_CLIENT' });
  const got = slow.seqs();
  expect(got).toEqual(Array.from({ length: got.length }, (_, i) => i + 1));
  expect(got.length).toBeLessThan(sent);

  await box.append(stream, ...ending());
  const back = await openProbe(box.gateway.url);
  back.send({ type: 'subscribe', stream, after: got.length });
  await back.message('unsubscribed');
  expect([...got, ...back.seqs()]).toEqual(Array.from({ length: sent + 1 }, (_, i) => i + 1));
  for (const { socket } of [quick, back]) socket.terminate();
});

test('a reader that stops in the middle of history is cut when nothing moves any more', async () => {
  const stream = await box.submit();
  for (let i = 0; i < 300; i += 1) await box.append(stream, [big(i, 50)]);
  const feed = createFeed({
    redis: box.redis,
    blocking: box.sandbox.open('patient'),
    keys: box.keys,
    log: box.sandbox.log,
  });
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/v1/ws' });
  const metrics = createMetrics();
  const most = { buffered: 0 };
  wss.on('connection', (socket) => {
    openSession({
      socket,
      feed,
      metrics: createSocketMetrics(metrics),
      messagesPerSecond: 10,
      log: box.sandbox.log,
      limits: { maxBytes: 2 ** 20, lowBytes: 2 ** 18, stallMs: 500 },
    });
    const watch = setInterval(() => {
      most.buffered = Math.max(most.buffered, socket.bufferedAmount);
    }, 5);
    socket.once('close', () => clearInterval(watch));
  });
  await once(wss, 'listening');
  const { port } = wss.address() as AddressInfo;
  const probe = await openProbe(`http://127.0.0.1:${port}`);
  probe.send({ type: 'subscribe', stream });
  await probe.message('subscribed');
  probe.socket.pause();
  await eventually(
    'it is cut',
    async () => (await metricValue(metrics, 'verbcast_slow_clients_total')) === 1,
  );
  expect(most.buffered).toBeGreaterThan(2 ** 18);
  expect(most.buffered).toBeLessThan(2 ** 19);
  probe.socket.resume();
  expect((await probe.closed).code).toBe(4008);
  wss.close();
  await feed.close();
});

test('a message above 64 KiB ends the socket with 1009', async () => {
  const { send, closed } = await openProbe(box.gateway.url);
  send(`{"type":"ping","id":"${'x'.repeat(70_000)}"}`);
  expect((await closed).code).toBe(1009);
});

test('a frame that announces 100 MiB is refused before it is read', async () => {
  const { closed, socket } = await openProbe(box.gateway.url);
  const header = Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x06, 0x40, 0, 0, 1, 2, 3, 4]);
  Reflect.get(socket, '_socket').write(header);
  expect((await closed).code).toBe(1009);
});

test('a message in thousands of fragments ends the socket with 1008', async () => {
  const { closed, socket } = await openProbe(box.gateway.url);
  for (let i = 0; i < 2_000; i += 1) socket.send('x', { fin: false });
  expect((await closed).code).toBe(1008);
});

test('a flood of messages ends the socket with 1013 and a code', async () => {
  const own = await box.start({ SOCKET_MESSAGES_PER_SECOND: '5' });
  const { send, closed, messages } = await openProbe(own.url);
  for (let i = 0; i < 100; i += 1) send({ type: 'ping' });
  expect(await closed).toEqual({ code: 1013, reason: 'E_TOO_MANY_REQUESTS' });
  expect(messages.length).toBeLessThanOrEqual(11);
  await own.close();
});

test('a socket has at most 64 subscriptions', async () => {
  const { send, message, messages, socket } = await openProbe(box.gateway.url);
  const streams = await Promise.all(Array.from({ length: 65 }, () => box.submit()));
  for (const stream of streams) send({ type: 'subscribe', stream });
  expect(await message('error')).toMatchObject({ code: 'E_TOO_MANY_REQUESTS', stream: streams[64] });
  const from = messages.length;
  send({ type: 'unsubscribe', stream: streams[0] });
  send({ type: 'subscribe', stream: streams[64] });
  expect(await message('subscribed', from)).toMatchObject({ stream: streams[64] });
  socket.terminate();
});

test('an address has as many sockets as the config allows, and gets them back', async () => {
  const own = await box.start({ SOCKETS_PER_ADDRESS: '2' });
  const first = await openProbe(own.url);
  const second = await openProbe(own.url);
  expect(await refusal(own.url)).toMatchObject({ status: 429, body: { code: 'E_TOO_MANY_REQUESTS' } });
  first.socket.close();
  await first.closed;
  const third = await eventually('a place is free', () => openProbe(own.url).catch(() => undefined));
  for (const { socket } of [second, third]) socket.terminate();
  await own.close();
});

test('other addresses, foreign pages and requests that are no WebSocket are refused', async () => {
  const { url } = box.gateway;
  expect(await refusal(url, { path: '/v2/ws' })).toMatchObject({
    status: 404,
    body: { code: 'E_NOT_FOUND' },
  });
  const foreign = { headers: { origin: 'https://evil.example' } };
  expect(await refusal(url, foreign)).toMatchObject({ status: 403, body: { code: 'E_ORIGIN_FORBIDDEN' } });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text).toMatch(/^HTTP\/1.1 400 /);
});

test('a peer that is gone without a word is found out by the heartbeat, and a quiet one is not', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const feed = createFeed({
    redis: box.redis,
    blocking: box.sandbox.open('patient'),
    keys: box.keys,
    log: box.sandbox.log,
  });
  const metrics = createMetrics();
  const config = loadGatewayConfig({});
  const sockets = serveSockets({ server, feed, config, metrics, log: box.sandbox.log, heartbeatMs: 100 });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const deaf = await openProbe(url, { autoPong: false });
  const quiet = await openProbe(url);
  expect((await deaf.closed).code).toBe(1006);
  expect(quiet.socket.readyState).toBe(quiet.socket.OPEN);
  await eventually('it is counted', async () => (await metricValue(metrics, 'verbcast_sockets')) === 1);
  await sockets.close();
  expect((await quiet.closed).code).toBe(1012);
  server.close();
  await feed.close();
});
