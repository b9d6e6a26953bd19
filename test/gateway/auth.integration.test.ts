// Who may do what over REST: tokens, scopes, and how long a guesser may guess.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthSandbox, openAuthSandbox, operations, SECRET, signJwt } from './auth-sandbox.ts';
import { ending } from './gateway-sandbox.ts';

let auth: AuthSandbox;
beforeAll(async () => {
  auth = await openAuthSandbox({ TRUSTED_PROXIES: '127.0.0.1' });
});
afterAll(() => auth.box.close());

/** An address of its own for each test that guesses: the proxy in front is trusted. */
const from = (address: string) => ({ 'x-forwarded-for': address });
const clip = { source: { path: 'clip.mp4' }, labels: ['waving'] };

describe('without a token', () => {
  test('every operation but the probes is refused with 401, and says what it wants', async () => {
    const open: string[] = [];
    for (const { name, method, path } of await operations(auth, 'st_00000000')) {
      const answer = await auth.request(path, { method });
      if (answer.status === 401) {
        expect(answer.code, name).toBe('E_UNAUTHORIZED');
        expect(answer.headers.get('www-authenticate'), name).toBe('Bearer realm="verbcast"');
      } else open.push(name);
    }
    expect(open.sort()).toEqual(['get /healthz', 'get /readyz']);
  });

  test('a resumable upload is refused too, before its body is read', async () => {
    for (const method of ['POST', 'PATCH', 'HEAD', 'DELETE']) {
      const path = `/v1/uploads/resumable${method === 'POST' ? '' : '/up_000000000000000000000000'}`;
      expect((await auth.request(path, { method })).status, method).toBe(401);
    }
  });

  test('the page, the description and what is not there answer as ever', async () => {
    expect((await auth.request('/')).status).toBe(200);
    expect((await auth.request('/docs/json')).status).toBe(200);
    expect(await auth.request('/v1/nothing')).toMatchObject({ status: 404, code: 'E_NOT_FOUND' });
  });

  test('a token in the query string counts for nothing', async () => {
    const { admin } = auth.tokens;
    for (const name of ['token', 'access_token', 'authorization']) {
      expect((await auth.request(`/v1/streams?${name}=${admin}`)).status, name).toBe(401);
    }
  });
});

describe('a token that is not good is refused with 401:', () => {
  const header = (authorization: string) => ({ headers: { authorization, ...from('198.51.100.1') } });
  test.each<[string, () => Promise<string> | string]>([
    ['an unknown one', () => `Bearer vbt_${'A'.repeat(43)}`],
    ['the hash of a good one', () => `Bearer ${JSON.parse(auth.lines.admin).hash}`],
    ['an expired JWT', async () => `Bearer ${await signJwt({ expires: Date.now() / 1000 - 60 })}`],
    ['a JWT for another audience', async () => `Bearer ${await signJwt({ audience: 'billing' })}`],
    ['a JWT of another issuer', async () => `Bearer ${await signJwt({ issuer: 'https://evil.example' })}`],
    ['a JWT with another secret', async () => `Bearer ${await signJwt({ secret: 'x'.repeat(40) })}`],
  ])('%s', async (_, authorization) => {
    const answer = await auth.request('/v1/streams', header(await authorization()));
    expect(answer).toMatchObject({ status: 401, code: 'E_UNAUTHORIZED' });
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  test('a scheme that is not Bearer', async () => {
    const basic = `Basic ${Buffer.from(`admin:${auth.tokens.admin}`).toString('base64')}`;
    expect(await auth.request('/v1/streams', header(basic))).toMatchObject({ status: 401 });
  });
});

describe('scopes', () => {
  const statusOf = async (path: string, method: string, token: string, body?: unknown) =>
    (await auth.request(path, { method, token, body })).status;

  test('`submit` submits and does not read; `subscribe` reads and does not submit', async () => {
    const { reader, writer } = auth.tokens;
    const stream = `/v1/streams/${await auth.submit(writer)}`;
    const read: [string, string][] = [
      ['/v1/streams', 'GET'],
      [stream, 'GET'],
      [`${stream}/labels`, 'GET'],
      [`${stream}/actions`, 'GET'],
    ];
    for (const [path, method] of read) {
      expect(await statusOf(path, method, reader), path).toBe(200);
      expect(await statusOf(path, method, writer), path).toBe(403);
    }
    for (const [path, method, body] of [
      ['/v1/streams', 'POST', clip],
      [`${stream}/labels`, 'PUT', { labels: ['bowing'] }],
      [stream, 'DELETE', undefined],
    ] as const) {
      expect(await statusOf(path, method, reader, body), path).toBe(403);
      expect(await statusOf(path, method, writer, body), path).toBeLessThan(300);
    }
    expect(await statusOf('/v1/models', 'GET', reader)).toBe(200);
    expect(await statusOf('/v1/models', 'GET', writer)).toBe(200);
  });

  test('what is missing is named, in the problem and in the header', async () => {
    const answer = await auth.request('/v1/streams', { token: auth.tokens.writer });
    expect(answer).toMatchObject({ status: 403, code: 'E_FORBIDDEN' });
    expect(JSON.parse(answer.text).detail).toContain('`subscribe`');
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer realm="verbcast", error="insufficient_scope", scope="subscribe"',
    );
  });

  test('a JWT without a scope of ours may list models, and nothing more', async () => {
    const token = await signJwt({ scope: 'openid email' });
    expect(await statusOf('/v1/models', 'GET', token)).toBe(200);
    expect(await statusOf('/v1/streams', 'GET', token)).toBe(403);
  });

  test('metrics and removal are for `admin`', async () => {
    const { admin, alice } = auth.tokens;
    const id = await auth.submit(alice);
    await auth.box.append(id, ...ending());
    for (const [path, method] of [
      ['/metrics', 'GET'],
      [`/v1/streams/${id}?purge=true`, 'DELETE'],
    ] as const) {
      expect(await statusOf(path, method, alice), path).toBe(403);
      expect(await statusOf(path, method, admin), path).toBeLessThan(300);
    }
    const open = await auth.start({ METRICS_PUBLIC: 'true' });
    expect((await auth.request('/metrics', { url: open.url })).status).toBe(200);
    expect((await auth.request('/v1/models', { url: open.url })).status).toBe(401);
  });
});

describe('wrong tokens', () => {
  const guess = (address: string, token = `vbt_${'B'.repeat(43)}`) =>
    auth.request('/v1/models', { token, headers: from(address) });

  test('are answered with 429 after the twentieth, a good one from there too; others are not held up', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 25; i += 1) statuses.push((await guess('198.51.100.20')).status);
    expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401));
    const refused = await guess('198.51.100.20', auth.tokens.admin);
    expect(refused).toMatchObject({ status: 429, code: 'E_TOO_MANY_REQUESTS' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await guess('198.51.100.21', auth.tokens.admin)).status).toBe(200);
    expect((await auth.request('/healthz', { headers: from('198.51.100.20') })).status).toBe(200);
  });

  test('of a client that makes up its address count at the address that it has', async () => {
    const direct = await auth.start({ TRUSTED_PROXIES: '' });
    const statuses = new Set<number>();
    for (let i = 0; i < 25; i += 1) {
      const headers = from(`198.51.100.${i}`);
      statuses.add((await auth.request('/v1/models', { url: direct.url, token: 'x', headers })).status);
    }
    expect([...statuses]).toEqual([401, 429]);
  });

  test('that are only expired, and requests without any, are not counted', async () => {
    const expired = await signJwt({ expires: Date.now() / 1000 - 60 });
    for (let i = 0; i < 30; i += 1) {
      expect((await guess('198.51.100.22', expired)).status).toBe(401);
      await auth.request('/v1/models', { headers: from('198.51.100.22') });
    }
    expect((await guess('198.51.100.22', auth.tokens.admin)).status).toBe(200);
  });
});

test('no token, secret or hash is in anything that was logged, from level trace on, or in an answer', async () => {
  const jwt = await signJwt({ expires: Date.now() / 1000 - 60 });
  const wrong = `vbt_${'C'.repeat(43)}`;
  const answers: string[] = [];
  for (const token of [...Object.values(auth.tokens), jwt, wrong, `${jwt}x`, 'a.b.c']) {
    for (const path of ['/v1/streams', `/v1/streams?token=${token}`, `/v1/${token}?token=${token}`]) {
      answers.push((await auth.request(path, { token, headers: from('198.51.100.30') })).text);
    }
  }
  const told = answers.filter((text) => !text.includes('"E_NOT_FOUND"')).join('\n');
  const logged = auth.log.join('\n');
  expect(auth.log.length).toBeGreaterThan(10);
  expect(logged).toContain('a token was refused');
  const secrets = [...Object.values(auth.tokens), wrong, SECRET, jwt, jwt.split('.')[2] ?? ''];
  for (const line of Object.values(auth.lines)) secrets.push(JSON.parse(line).hash);
  for (const secret of secrets) {
    expect(logged).not.toContain(secret);
    expect(told).not.toContain(secret);
  }
});
