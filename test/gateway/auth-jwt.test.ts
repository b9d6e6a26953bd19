// JWTs: only those of the issuer, for this audience, in time, signed by the algorithm that belongs to the key.
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, SignJWT } from 'jose';
import { afterAll, describe, expect, test } from 'vitest';
import { createJwtVerifier } from '../../gateway/auth-jwt.ts';
import { loadGatewayConfig } from '../../gateway/config.ts';

const SECRET = 'a secret of more than thirty-two bytes';
const CLAIMS = { AUTH_JWT_ISSUER: 'https://id.example', AUTH_JWT_AUDIENCE: 'verbcast' };
const directory = mkdtempSync(join(tmpdir(), 'verbcast-jwt-'));
afterAll(() => rmSync(directory, { recursive: true }));

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwks = join(directory, 'jwks.json');
const keys = await Promise.all([exportJWK(rsa.publicKey), exportJWK(ec.publicKey)]);
writeFileSync(
  jwks,
  JSON.stringify({
    keys: [
      { ...keys[0], kid: 'r' },
      { ...keys[1], kid: 'e' },
    ],
  }),
);

const verifier = (env: Record<string, string>) => createJwtVerifier(loadGatewayConfig(env));
const byBoth = verifier({ ...CLAIMS, AUTH_JWT_SECRET: SECRET, AUTH_JWKS_FILE: jwks });
const verify = async (token: string) => byBoth?.verify(token);

interface Made {
  alg?: string;
  key?: KeyObject | Uint8Array;
  kid?: string;
  claims?: Record<string, unknown>;
  issuer?: string;
  audience?: string | null;
  expires?: string | number | null;
  subject?: string | null;
}

async function make({
  alg = 'HS256',
  key = new TextEncoder().encode(SECRET),
  kid,
  claims = { scope: 'submit subscribe' },
  issuer = 'https://id.example',
  audience = 'verbcast',
  expires = '5 min',
  subject = 'alice',
}: Made = {}): Promise<string> {
  const jwt = new SignJWT(claims).setProtectedHeader({ alg, ...(kid ? { kid } : {}) }).setIssuer(issuer);
  if (audience !== null) jwt.setAudience(audience);
  if (expires !== null) jwt.setExpirationTime(expires);
  if (subject !== null) jwt.setSubject(subject);
  return jwt.sign(key);
}

const now = () => Math.floor(Date.now() / 1000);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a good token says who asks', () => {
  test('HS256: its subject, its scopes, its end; only streams of its own', async () => {
    const expires = now() + 60;
    const identity = await verify(await make({ expires, claims: { scope: 'openid subscribe submit' } }));
    expect(identity).toMatchObject({ subject: 'jwt:alice', owner: 'jwt:alice', ownOnly: true });
    expect([...(identity?.scopes ?? [])].sort()).toEqual(['submit', 'subscribe']);
    expect(identity?.expiresAtMs).toBe((expires + 5) * 1000);
  });

  test('RS256 and ES256, by the key that the issuer publishes', async () => {
    const rs = await verify(await make({ alg: 'RS256', key: rsa.privateKey, kid: 'r' }));
    const es = await verify(await make({ alg: 'ES256', key: ec.privateKey, kid: 'e' }));
    expect([rs?.subject, es?.subject]).toEqual(['jwt:alice', 'jwt:alice']);
  });

  test('an admin sees all owners, and so does who is told to', async () => {
    expect(await verify(await make({ claims: { scope: 'admin' } }))).toMatchObject({ ownOnly: false });
    const all = { scope: ['subscribe'], streams: 'all' };
    expect(await verify(await make({ claims: all }))).toMatchObject({ ownOnly: false });
    expect((await verify(await make({ claims: { scp: ['submit'] } })))?.scopes).toEqual(new Set(['submit']));
    expect((await verify(await make({ claims: {} })))?.scopes).toEqual(new Set());
  });

  test('it may have expired within the leeway', async () => {
    expect(await verify(await make({ expires: now() - 3 }))).toMatchObject({ subject: 'jwt:alice' });
  });
});

describe('a bad one is refused, and says why only to the log', () => {
  const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const none = () =>
    `${encode({ alg: 'none' })}.${encode({ sub: 'alice', iss: CLAIMS.AUTH_JWT_ISSUER, aud: 'verbcast', exp: now() + 60 })}.`;
  const confused = (kid?: string) => {
    const head = encode({ alg: 'HS256', ...(kid ? { kid } : {}) });
    const body = encode({
      sub: 'eve',
      iss: CLAIMS.AUTH_JWT_ISSUER,
      aud: 'verbcast',
      exp: now() + 60,
      scope: 'admin',
    });
    const signature = createHmac('sha256', publicPem).update(`${head}.${body}`).digest('base64url');
    return `${head}.${body}.${signature}`;
  };
  const embedded = async () => {
    const jwk = await exportJWK(stranger.publicKey);
    return new SignJWT({ scope: 'admin' })
      .setProtectedHeader({ alg: 'ES256', jwk, jku: 'http://127.0.0.1:9/' })
      .setIssuer(CLAIMS.AUTH_JWT_ISSUER)
      .setAudience('verbcast')
      .setSubject('eve')
      .setExpirationTime('5 min')
      .sign(stranger.privateKey);
  };
  const altered = async () => {
    const [head, , signature] = (await make()).split('.');
    const body = {
      sub: 'alice',
      iss: CLAIMS.AUTH_JWT_ISSUER,
      aud: 'verbcast',
      exp: now() + 60,
      scope: 'admin',
    };
    return `${head}.${encode(body)}.${signature}`;
  };

  test.each<[string, () => string | Promise<string>, string]>([
    ['expired', () => make({ expires: now() - 60 }), 'expired'],
    ['of another issuer', () => make({ issuer: 'https://evil.example' }), 'claims'],
    ['for another audience', () => make({ audience: 'billing' }), 'claims'],
    ['without an audience', () => make({ audience: null }), 'claims'],
    ['without an end', () => make({ expires: null }), 'claims'],
    ['without a subject', () => make({ subject: null }), 'claims'],
    ['with an empty subject', () => make({ subject: '' }), 'claims'],
    ['with a subject without end', () => make({ subject: 'x'.repeat(300) }), 'claims'],
    ['not valid yet', () => make({ claims: { scope: 'submit', nbf: now() + 60 } }), 'claims'],
    ['that is to see other streams', () => make({ claims: { streams: 'mine' } }), 'claims'],
    ['signed with another secret', () => make({ key: Buffer.alloc(32, 1) }), 'signature'],
    ['signed by a stranger', () => make({ alg: 'ES256', key: stranger.privateKey, kid: 'e' }), 'signature'],
    ['of an unknown key', () => make({ alg: 'ES256', key: stranger.privateKey, kid: 'x' }), 'signature'],
    ['that brings its own key', embedded, 'signature'],
    ['whose claims were altered', altered, 'signature'],
    ['HS256 with the public key as its secret', () => confused(), 'signature'],
    ['HS256 with the id of the public key', () => confused('r'), 'signature'],
    ['with the algorithm none', none, 'malformed'],
    ['with another algorithm of the same secret', () => make({ alg: 'HS384' }), 'malformed'],
    [
      'with another algorithm of the same key',
      () => make({ alg: 'PS256', key: rsa.privateKey }),
      'malformed',
    ],
    ['that is no token', () => 'a.b.c', 'malformed'],
    ['that is empty', () => '..', 'malformed'],
  ])('%s', async (_, token, reason) => {
    const failure = await verify(await token()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'E_UNAUTHORIZED', reason });
    const told = reason === 'expired' ? 'has expired' : 'The token is not valid here.';
    expect(failure).toMatchObject({ message: expect.stringContaining(told) });
  });

  test('a secret is no public key and the other way round: each alone refuses what belongs to the other', async () => {
    const secretOnly = verifier({ ...CLAIMS, AUTH_JWT_SECRET: SECRET });
    const keysOnly = verifier({ ...CLAIMS, AUTH_JWKS_FILE: jwks });
    const rs = await make({ alg: 'RS256', key: rsa.privateKey, kid: 'r' });
    for (const [one, token] of [
      [secretOnly, rs],
      [keysOnly, await make()],
      [keysOnly, confused('r')],
    ] as const) {
      await expect(one?.verify(token)).rejects.toMatchObject({ code: 'E_UNAUTHORIZED', reason: 'malformed' });
    }
  });
});

describe('a configuration that is not safe does not start:', () => {
  test.each<[string, Record<string, string>, string]>([
    ['a short secret', { ...CLAIMS, AUTH_JWT_SECRET: 'short' }, '32 bytes'],
    ['a secret and a file of one', { ...CLAIMS, AUTH_JWT_SECRET: SECRET, AUTH_JWT_SECRET_FILE: 'x' }, 'both'],
    [
      'a secret file that is not there',
      { ...CLAIMS, AUTH_JWT_SECRET_FILE: '/absent' },
      'AUTH_JWT_SECRET_FILE',
    ],
    ['no issuer', { AUTH_JWT_AUDIENCE: 'verbcast', AUTH_JWT_SECRET: SECRET }, 'AUTH_JWT_ISSUER'],
    ['no audience', { AUTH_JWT_ISSUER: 'me', AUTH_JWKS_FILE: jwks }, 'AUTH_JWT_AUDIENCE'],
    ['keys by plain HTTP', { ...CLAIMS, AUTH_JWKS_URL: 'http://id.example/keys' }, 'https://'],
    ['keys from a file by URL', { ...CLAIMS, AUTH_JWKS_URL: 'file:///etc/passwd' }, 'https://'],
    ['keys that are none', { ...CLAIMS, AUTH_JWKS_FILE: import.meta.filename }, 'JSON Web Key Set'],
  ])('%s', (_, env, word) => {
    const failure = () => verifier(env);
    expect(failure).toThrow(
      expect.objectContaining({ code: 'E_CONFIG', message: expect.stringContaining(word) }),
    );
    expect(failure).not.toThrow(SECRET);
  });

  test('without a key there are no JWTs', () => {
    expect(verifier(CLAIMS)).toBeUndefined();
  });

  test('a secret from a file is its text without the line end', async () => {
    const file = join(directory, 'secret');
    writeFileSync(file, `${SECRET}\n`);
    const fromFile = verifier({ ...CLAIMS, AUTH_JWT_SECRET_FILE: file });
    expect(await fromFile?.verify(await make())).toMatchObject({ subject: 'jwt:alice' });
  });
});
