// Who may watch what over the WebSocket: three ways to bring a token, owners, and the end of a token that is in use.
import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createAuthenticator } from '../../gateway/auth.ts';
import { createGates } from '../../gateway/auth-socket.ts';
import { loadGatewayConfig } from '../../gateway/config.ts';
import { createFeed } from '../../gateway/feed.ts';
import { serveSockets } from '../../gateway/sockets.ts';
import { hashToken, newToken } from '../../gateway/tokens.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { eventually } from '../support/eventually.ts';
import { type AuthSandbox, openAuthSandbox, signJwt } from './auth-sandbox.ts';
import { ending } from './gateway-sandbox.ts';
import { openProbe, refusal } from './socket-probe.ts';

let auth: AuthSandbox;
beforeAll(async () => {
  auth = await openAuthSandbox({ TRUSTED_PROXIES: '127.0.0.1' });
});
afterAll(() => auth.box.close());

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const offering = (token: string) => ['verbcast.v1', `bearer.${token}`];
const scores = (media: number) => ({ type: 'scores' as const, media, labelsVersion: 1, frames: [] });
const refused = { code: 1008, reason: 'E_UNAUTHORIZED' };

describe('a token comes', () => {
  test('as a header, as programs send it', async () => {
    const stream = await auth.submit(auth.tokens.alice);
    const { send, message, socket } = await openProbe(auth.url, bearer(auth.tokens.alice));
    send({ type: 'subscribe', stream });
    expect(await message('subscribed')).toMatchObject({ stream });
    socket.terminate();
  });

  test('as a subprotocol, as browsers can; it is not sent back', async () => {
    const stream = await auth.submit(auth.tokens.alice);
    const { send, message, socket } = await openProbe(auth.url, offering(auth.tokens.alice));
    expect(socket.protocol).toBe('verbcast.v1');
    // Sent before the token has been checked: it waits.
    send({ type: 'subscribe', stream });
    expect(await message('subscribed')).toMatchObject({ stream });
    socket.terminate();
  });

  test('as the first message; before it there are only pings', async () => {
    const stream = await auth.submit(auth.tokens.alice);
    const { send, message, messages, socket } = await openProbe(auth.url);
    send({ type: 'ping' });
    await message('pong');
    send({ type: 'authenticate', token: auth.tokens.alice });
    send({ type: 'subscribe', stream });
    await message('subscribed');
    expect(messages.slice(0, 3)).toEqual([
      { type: 'pong' },
      { type: 'authenticated', expiresAt: null },
      expect.objectContaining({ type: 'subscribed' }),
    ]);
    socket.terminate();
  });

  test('and in no query string', async () => {
    const { admin } = auth.tokens;
    const socket = new WebSocket(
      `${auth.url.replace('http', 'ws')}/v1/ws?token=${admin}&access_token=${admin}`,
    );
    socket.once('open', () => socket.send('{"type":"subscribe","stream":"st_00000000"}'));
    const [code, reason] = await once(socket, 'close');
    expect({ code, reason: String(reason) }).toEqual(refused);
  });
});

describe('without a good token', () => {
  const bad: [string, () => string | Promise<string>][] = [
    ['an unknown token', () => `vbt_${'A'.repeat(43)}`],
    ['an expired JWT', () => signJwt({ expires: Date.now() / 1000 - 60 })],
    ['a JWT for another audience', () => signJwt({ audience: 'billing' })],
    ['a JWT of another issuer', () => signJwt({ issuer: 'https://evil.example' })],
    [
      'a JWT without a signature',
      async () =>
        `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await signJwt()).split('.')[1]}.`,
    ],
  ];
  test.each(bad)('%s: 401 by header; told and closed with 1008 otherwise', async (_, make) => {
    const token = await make();
    expect(await refusal(auth.url, bearer(token))).toMatchObject({
      status: 401,
      body: { code: 'E_UNAUTHORIZED' },
    });
    const offered = await openProbe(auth.url, offering(token));
    expect(await offered.closed).toEqual(refused);
    expect(offered.messages).toMatchObject([{ type: 'error', code: 'E_UNAUTHORIZED', retry: false }]);
    const sent = await openProbe(auth.url);
    sent.send({ type: 'authenticate', token });
    expect(await sent.closed).toEqual(refused);
    expect(sent.messages).toMatchObject([{ type: 'error', code: 'E_UNAUTHORIZED' }]);
  });

  test('a subscription ends the socket, and what came behind it is not answered', async () => {
    const stream = await auth.submit(auth.tokens.alice);
    const { send, closed, messages } = await openProbe(auth.url);
    send({ type: 'subscribe', stream });
    send({ type: 'subscribe', stream });
    expect(await closed).toEqual(refused);
    expect(messages).toMatchObject([{ type: 'error', code: 'E_UNAUTHORIZED', stream }]);
  });

  test('a socket that says nothing is closed after five seconds', async () => {
    const began = performance.now();
    const { closed, messages } = await openProbe(auth.url);
    expect(await closed).toEqual(refused);
    expect(performance.now() - began).toBeGreaterThan(4_500);
    expect(messages).toMatchObject([{ type: 'error', code: 'E_UNAUTHORIZED' }]);
  });

  test('guessing ends with 429 for the address, and a retry is worth while later', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.9' };
    const guess = () =>
      refusal(auth.url, { headers: { authorization: `Bearer vbt_${'B'.repeat(43)}`, ...headers } });
    const statuses: (number | undefined)[] = [];
    for (let i = 0; i < 22; i += 1) statuses.push((await guess()).status);
    expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401));
    expect(statuses.at(-1)).toBe(429);
    const sent = await openProbe(auth.url, { headers });
    sent.send({ type: 'authenticate', token: auth.tokens.alice });
    expect(await sent.closed).toEqual({ code: 1013, reason: 'E_TOO_MANY_REQUESTS' });
  });

  test('a token without `subscribe` opens nothing', async () => {
    const forbidden = { code: 1008, reason: 'E_FORBIDDEN' };
    expect(await refusal(auth.url, bearer(auth.tokens.writer))).toMatchObject({
      status: 403,
      body: { code: 'E_FORBIDDEN' },
    });
    expect(await (await openProbe(auth.url, offering(auth.tokens.writer))).closed).toEqual(forbidden);
  });
});

test('a stream of another owner is answered exactly as one that is not there', async () => {
  const foreign = await auth.submit(auth.tokens.bob);
  const absent = 'st_00000000000000000000';
  const { send, message, messages, socket } = await openProbe(auth.url, bearer(auth.tokens.alice));
  for (const stream of [foreign, absent]) send({ type: 'subscribe', stream });
  send({ type: 'ping' });
  await message('pong');
  const [theirs, nobodys] = messages;
  expect(theirs).toMatchObject({ type: 'error', code: 'E_STREAM_NOT_FOUND', stream: foreign });
  expect(JSON.stringify(theirs).replaceAll(foreign, absent)).toBe(JSON.stringify(nobodys));
  // Somebody else watches it on the same gateway: its events are in memory there, and stay where they belong.
  const bob = await openProbe(auth.url, bearer(auth.tokens.bob));
  bob.send({ type: 'subscribe', stream: foreign });
  await bob.message('subscribed');
  send({ type: 'subscribe', stream: foreign });
  await auth.box.append(foreign, [scores(1)]);
  await bob.message('scores');
  send({ type: 'ping' });
  await message('pong', 3);
  expect(messages.filter(({ type }) => type === 'scores' || type === 'subscribed')).toEqual([]);
  for (const probe of [socket, bob.socket]) probe.terminate();
});

describe('a token that ends', () => {
  const soon = () => Math.ceil(Date.now() / 1000) + 1;

  test('ends its socket, and no event comes through it any more', async () => {
    const token = await signJwt({ subject: 'carol', expires: soon() });
    const stream = await auth.submit(token);
    const { send, closed, message, messages } = await openProbe(auth.url, offering(token));
    send({ type: 'subscribe', stream });
    await message('stream.status');
    expect(await closed).toEqual(refused);
    expect(messages.at(-1)).toMatchObject({
      code: 'E_UNAUTHORIZED',
      message: expect.stringContaining('expired'),
    });
    await auth.box.append(stream, [scores(1)]);
    expect(messages.filter(({ type }) => type === 'scores')).toEqual([]);
  });

  test('lives on with a newer one of the same owner, on the same socket', async () => {
    const [first, second] = [await signJwt({ expires: soon() }), await signJwt()];
    const stream = await auth.submit(first);
    const { send, message, messages, seqs, socket } = await openProbe(auth.url, bearer(first));
    send({ type: 'subscribe', stream });
    await message('subscribed');
    send({ type: 'authenticate', token: second });
    const { expiresAt } = await message('authenticated');
    expect(Date.parse(expiresAt ?? '')).toBeGreaterThan(Date.now() + 30_000);
    const old = await openProbe(auth.url, offering(first));
    expect(await old.closed).toEqual(refused);
    await auth.box.append(stream, [scores(1)]);
    await eventually('the event after the end of the first token', () => seqs(stream).length === 2);
    expect(messages.some(({ type }) => type === 'error')).toBe(false);
    socket.terminate();
  });

  test('does not hand its socket to another owner', async () => {
    const { send, closed } = await openProbe(auth.url, bearer(auth.tokens.alice));
    send({ type: 'authenticate', token: auth.tokens.bob });
    expect(await closed).toEqual({ code: 1008, reason: 'E_FORBIDDEN' });
  });

  test('is renewed by a client that knows where to get another, and no event is lost or doubled', async () => {
    let asked = 0;
    const token = async () => {
      asked += 1;
      return signJwt({ subject: 'frank', expires: asked === 2 ? soon() : Date.now() / 1000 + 60 });
    };
    const client = auth.client(token);
    const stream = (await client.createStream({ source: { path: 'clip.mp4' }, labels: ['waving'] })).id;
    const seqs: number[] = [];
    const losses: number[] = [];
    const onConnection = (state: { connected: boolean }) => !state.connected && losses.push(seqs.length);
    const watching = (async () => {
      for await (const { seq } of client.watch(stream, { onConnection })) seqs.push(seq);
    })();
    await eventually('the first event', () => seqs.length === 1);
    await auth.box.append(stream, [scores(1)]);
    await eventually('a new token', () => asked === 3);
    await auth.box.append(stream, [scores(2)]);
    await auth.box.append(stream, ...ending());
    await watching;
    expect(seqs).toEqual([1, 2, 3, 4]);
    expect(losses).toEqual([2]);
  });

  test('is the end for a client that knows no other', async () => {
    const token = await signJwt({ subject: 'grace', expires: soon() });
    const stream = await auth.submit(token);
    const watch = async (bad: string) => {
      for await (const _ of auth.client(bad).watch(stream));
    };
    await expect(watch(token)).rejects.toMatchObject({ code: 'E_UNAUTHORIZED' });
    await expect(watch(`vbt_${'D'.repeat(43)}`)).rejects.toMatchObject({ code: 'E_UNAUTHORIZED' });
    await expect(watch('not a token')).rejects.toMatchObject({ code: 'E_UNAUTHORIZED', status: 401 });
    const nobody = async () => {
      for await (const _ of auth.client(undefined).watch(stream));
    };
    await expect(nobody()).rejects.toMatchObject({ code: 'E_UNAUTHORIZED' });
  });
});

test('a token that is taken back ends its open sockets with the next heartbeat; others stay', async () => {
  const { box } = auth;
  const passing = newToken();
  const before = await readFile(auth.tokensFile, 'utf8');
  await appendFile(
    auth.tokensFile,
    `${JSON.stringify({ id: 'passing', hash: hashToken(passing), scopes: ['subscribe'] })}\n`,
  );
  const config = loadGatewayConfig({ AUTH_TOKENS_FILE: auth.tokensFile });
  const metrics = createMetrics();
  const authenticator = createAuthenticator(config, { log: box.sandbox.log, metrics });
  const { redis, keys } = box;
  const feed = createFeed({ redis, blocking: box.sandbox.open('patient'), keys, log: box.sandbox.log });
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gates = createGates({ auth: authenticator, config, redis, keys });
  const sockets = serveSockets({
    server,
    feed,
    config,
    metrics,
    log: box.sandbox.log,
    heartbeatMs: 100,
    gates,
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gone = await openProbe(url, bearer(passing));
  const stays = await openProbe(url, bearer(auth.tokens.reader));
  await writeFile(auth.tokensFile, before);
  expect(await gone.closed).toEqual(refused);
  expect(gone.messages).toMatchObject([
    { code: 'E_UNAUTHORIZED', message: expect.stringContaining('taken back') },
  ]);
  expect(await refusal(url, bearer(passing))).toMatchObject({ status: 401 });
  stays.send({ type: 'ping' });
  await stays.message('pong');
  await sockets.close();
  await authenticator.close();
  server.close();
  await feed.close();
});

test('a token has as many sockets as the config allows, from wherever, and gets them back', async () => {
  const { url } = await auth.start({ SOCKETS_PER_TOKEN: '2' });
  const one = await openProbe(url, bearer(auth.tokens.reader));
  const two = await openProbe(url, offering(auth.tokens.reader));
  two.send({ type: 'ping' });
  await two.message('pong');
  expect(await refusal(url, bearer(auth.tokens.reader))).toMatchObject({
    status: 429,
    body: { code: 'E_TOO_MANY_REQUESTS' },
  });
  const other = await openProbe(url, bearer(auth.tokens.alice));
  // Renewing takes no second seat.
  one.send({ type: 'authenticate', token: auth.tokens.reader });
  await one.message('authenticated');
  two.socket.terminate();
  const three = await eventually('a free seat', () =>
    openProbe(url, bearer(auth.tokens.reader)).catch(() => undefined),
  );
  for (const { socket } of [one, three, other]) socket.terminate();
});

test('a page of another origin opens no socket, whatever its token', async () => {
  const headers = { authorization: `Bearer ${auth.tokens.admin}`, origin: 'https://evil.example' };
  expect(await refusal(auth.url, { headers })).toMatchObject({
    status: 403,
    body: { code: 'E_ORIGIN_FORBIDDEN' },
  });
  const { url } = await auth.start({ ALLOWED_ORIGINS: 'https://cams.example.org' });
  const { socket } = await openProbe(url, {
    headers: { ...headers, origin: 'https://cams.example.org' },
  });
  socket.terminate();
});

test('no token is in anything that was logged', () => {
  const logged = auth.log.join('');
  for (const token of Object.values(auth.tokens)) expect(logged).not.toContain(token);
  expect(logged).not.toMatch(/eyJ[\w-]+\.eyJ/);
  expect(logged).toContain('a token was refused');
});
