// Who may watch what over the WebSocket: three ways to bring a token, and owners.
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.ts';
import { type AuthSandbox, openAuthSandbox, signJwt } from './auth-sandbox.ts';
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
