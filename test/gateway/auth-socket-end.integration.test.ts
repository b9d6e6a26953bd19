// The end of a token that is in use: sockets close with a code, or go on with a newer token.
import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
  auth = await openAuthSandbox();
});
afterAll(() => auth.box.close());

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const offering = (token: string) => ['verbcast.v1', `bearer.${token}`];
const scores = (media: number) => ({ type: 'scores' as const, media, labelsVersion: 1, frames: [] });
const refused = { code: 1008, reason: 'E_UNAUTHORIZED' };

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
