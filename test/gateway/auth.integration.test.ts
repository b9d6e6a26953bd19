// Who may do what over REST: tokens, scopes, owners, origins, and how long a guesser may guess.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthSandbox, ISSUER, openAuthSandbox, SECRET, signJwt } from './auth-sandbox.ts';
import { ending } from './gateway-sandbox.ts';

let auth: AuthSandbox;
beforeAll(async () => {
  auth = await openAuthSandbox({ TRUSTED_PROXIES: '127.0.0.1' });
});
afterAll(() => auth.box.close());

/** An address of its own for each test that guesses: the proxy in front is trusted. */
const from = (address: string) => ({ 'x-forwarded-for': address });
const clip = { source: { path: 'clip.mp4' }, labels: ['waving'] };

/** Every operation of the API's description, with `id` for the stream or upload in it. */
async function operations(id: string): Promise<{ name: string; method: string; path: string }[]> {
  const { paths } = JSON.parse((await auth.request('/docs/json')).text) as { paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      name: `${method} ${path}`,
      method: method.toUpperCase(),
      path: path.replace('{id}', id) + (path.endsWith('/scores') ? '?labels=waving' : ''),
    })),
  );
}

describe('without a token', () => {
  test('every operation but the probes is refused with 401, and says what it wants', async () => {
    const open: string[] = [];
    for (const { name, method, path } of await operations('st_00000000')) {
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

describe('a token limited to its own streams', () => {
  test('sees in lists what is its own, and no cursor tells of what is not', async () => {
    const { alice, bob, admin } = auth.tokens;
    const ids: Record<'alice' | 'bob' | 'nobody', string[]> = { alice: [], bob: [], nobody: [] };
    for (let i = 0; i < 4; i += 1) {
      ids.bob.unshift(await auth.submit(bob));
      ids.alice.unshift(await auth.submit(alice));
      ids.nobody.unshift(await auth.box.submit());
    }
    const pages: string[] = [];
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { text } = await auth.request(`/v1/streams?limit=3${query}`, { token: alice });
      pages.push(text);
      const page = JSON.parse(text) as { streams: { id: string }[]; nextCursor: string | null };
      seen.push(...page.streams.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen.slice(0, 4)).toEqual(ids.alice);
    for (const id of [...ids.bob, ...ids.nobody]) expect(pages.join('')).not.toContain(id);

    const all = (await auth.client(admin).streams({ limit: 100 })).streams.map(({ id }) => id);
    expect(all).toEqual(expect.arrayContaining([...ids.alice, ...ids.bob, ...ids.nobody]));
  });

  test('finds a stream of another exactly as absent as one that never was, whatever it does', async () => {
    const { alice, bob } = auth.tokens;
    const foreign = await auth.submit(bob);
    const absent = 'st_00000000000000000000';
    const bodies: Record<string, unknown> = { PUT: { labels: ['bowing'] }, POST: { labels: ['bowing'] } };
    const onStream = (await operations(foreign)).filter(({ path }) => path.includes(foreign));
    expect(onStream.length).toBeGreaterThanOrEqual(5);
    for (const { name, method, path } of onStream) {
      if (name.includes('uploads')) continue;
      const options = { method, token: alice, body: bodies[method] };
      const theirs = await auth.request(path, options);
      const nobodys = await auth.request(path.replace(foreign, absent), options);
      expect(theirs, name).toMatchObject({ status: 404, code: 'E_STREAM_NOT_FOUND' });
      expect(theirs.text.replaceAll(foreign, absent), name).toBe(nobodys.text);
    }
    expect((await auth.client(bob).stream(foreign)).status).toBe('queued');
    expect((await auth.client(bob).labels(foreign)).version).toBe(1);
  });

  test('is the owner of what it creates, and shares it with a JWT only where the operator says so', async () => {
    const carol = await signJwt({ subject: 'carol' });
    const dave = await signJwt({ subject: 'dave' });
    const id = await auth.submit(carol);
    expect(await auth.box.redis.hget(auth.box.keys.stream(id), 'owner')).toBe('jwt:carol');
    expect((await auth.client(carol).streams()).streams.map((stream) => stream.id)).toEqual([id]);
    expect((await auth.client(dave).streams()).streams).toEqual([]);
    await expect(auth.client(dave).stream(id)).rejects.toMatchObject({ code: 'E_STREAM_NOT_FOUND' });
    // A name that the issuer lets somebody choose is not the name of a static token.
    const sly = await signJwt({ subject: 'token:alice' });
    expect((await auth.client(sly).streams()).streams).toEqual([]);
  });

  test('does not see streams from before there were tokens; an unlimited one does', async () => {
    const id = await auth.box.submit();
    await expect(auth.client(auth.tokens.alice).stream(id)).rejects.toMatchObject({ status: 404 });
    expect((await auth.client(auth.tokens.reader).stream(id)).id).toBe(id);
  });

  test('may use the idempotency key of another, and gets a stream of its own', async () => {
    await auth.box.serve('pocket');
    const create = (token: string) => auth.client(token).createStream(clip, { idempotencyKey: 'the same' });
    const mine = await create(auth.tokens.alice);
    const theirs = await create(auth.tokens.bob);
    expect(theirs.id).not.toBe(mine.id);
    expect((await auth.client(auth.tokens.bob).stream(theirs.id)).id).toBe(theirs.id);
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

describe('pages', () => {
  const ours = 'https://cams.example.org';

  test('of a listed origin may ask with a token; those of others may not, whatever their token', async () => {
    const { url } = await auth.start({ ALLOWED_ORIGINS: ours });
    const preflight = await auth.request('/v1/streams', {
      url,
      method: 'OPTIONS',
      headers: {
        origin: ours,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(ours);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();

    const token = auth.tokens.reader;
    const good = await auth.request('/v1/streams', { url, token, headers: { origin: ours } });
    expect([good.status, good.headers.get('access-control-allow-origin')]).toEqual([200, ours]);
    const without = await auth.request('/v1/streams', { url, headers: { origin: ours } });
    // A page must be able to read why.
    expect([without.status, without.headers.get('access-control-allow-origin')]).toEqual([401, ours]);
    for (const origin of ['https://evil.example', 'http://cams.example.org', 'null']) {
      const bad = await auth.request('/v1/streams', { url, token, headers: { origin } });
      expect(bad, origin).toMatchObject({ status: 403, code: 'E_ORIGIN_FORBIDDEN' });
      expect(bad.headers.get('access-control-allow-origin'), origin).toBeNull();
    }
  });
});

describe('keys that the issuer publishes', () => {
  test('are fetched by URL; while they cannot be, a token is neither good nor bad', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    let isUp = false;
    const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] });
    const issuer = createServer((_, response) => response.writeHead(isUp ? 200 : 500).end(jwks));
    issuer.listen(0, '127.0.0.1');
    await once(issuer, 'listening');
    const { port } = issuer.address() as AddressInfo;
    const { url } = await auth.start({
      AUTH_JWT_SECRET: '',
      AUTH_JWKS_URL: `http://127.0.0.1:${port}/keys`,
    });
    const token = await new SignJWT({ scope: 'subscribe' })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(ISSUER)
      .setAudience('verbcast')
      .setSubject('erin')
      .setExpirationTime('1 min')
      .sign(privateKey);
    const ask = (bearer: string) => auth.request('/v1/streams', { url, token: bearer });
    expect(await ask(token)).toMatchObject({ status: 503, code: 'E_AUTH_UNAVAILABLE' });
    expect((await ask(auth.tokens.reader)).status).toBe(200);
    isUp = true;
    expect((await ask(token)).status).toBe(200);
    expect((await ask(await signJwt())).status).toBe(401);
    issuer.close();
    issuer.closeAllConnections();
  });
});

describe('a gateway', () => {
  test('listens beyond loopback with authentication, under any name, and not without', async () => {
    const { url } = await auth.start({ GATEWAY_HOST: '0.0.0.0' });
    const local = url.replace('0.0.0.0', '127.0.0.1');
    const named = { url: local, headers: { host: 'cams.example.org' } };
    expect((await auth.request('/v1/models', { ...named, token: auth.tokens.reader })).status).toBe(200);
    expect((await auth.request('/v1/models', named)).status).toBe(401);
    expect(auth.log.join('')).toContain('TLS');
    const none = { GATEWAY_HOST: '0.0.0.0', AUTH_TOKENS_FILE: '', AUTH_JWT_SECRET: '' };
    await expect(auth.start(none)).rejects.toMatchObject({ code: 'E_CONFIG' });
  });

  test('does not start on a tokens file or a proxy list that it cannot use', async () => {
    await expect(auth.start({ AUTH_TOKENS_FILE: '/absent' })).rejects.toMatchObject({ code: 'E_CONFIG' });
    await expect(auth.start({ AUTH_TOKENS_FILE: import.meta.filename })).rejects.toMatchObject({
      code: 'E_CONFIG',
      message: expect.stringContaining('line 2'),
    });
    await expect(auth.start({ TRUSTED_PROXIES: 'proxy' })).rejects.toMatchObject({ code: 'E_CONFIG' });
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
