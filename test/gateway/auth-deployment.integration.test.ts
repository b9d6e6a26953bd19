// How a gateway that asks for tokens is set up: pages of other origins, the issuer's keys, where it listens.
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthSandbox, ISSUER, openAuthSandbox, signJwt } from './auth-sandbox.ts';

let auth: AuthSandbox;
beforeAll(async () => {
  auth = await openAuthSandbox();
});
afterAll(() => auth.box.close());

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

/** Asks the gateway at `url` as if it had been reached under the name `host`; `fetch` would not. */
async function statusUnder(host: string, url: string, token?: string): Promise<number | undefined> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const request = get(`${url}/v1/models`, { headers: { host, ...authorization } });
  const [response] = await once(request, 'response');
  response.resume();
  return response.statusCode;
}

describe('a gateway', () => {
  test('that asks nobody is reached as this machine only: a page that renames itself gets in nowhere', async () => {
    expect(await statusUnder('evil.example', auth.box.gateway.url)).toBe(403);
    expect(await statusUnder('localhost', auth.box.gateway.url)).toBe(200);
  });

  test('listens beyond loopback with authentication, under any name, and not without', async () => {
    const { url } = await auth.start({ GATEWAY_HOST: '0.0.0.0' });
    const local = url.replace('0.0.0.0', '127.0.0.1');
    expect(await statusUnder('cams.example.org', local, auth.tokens.reader)).toBe(200);
    expect(await statusUnder('cams.example.org', local)).toBe(401);
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
