// A gateway that asks for tokens, its tokens, and everything that it logs.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { type Client, createClient, type TokenSource } from '../../client/client.ts';
import { loadGatewayConfig } from '../../gateway/config.ts';
import { type GatewayService, startGateway } from '../../gateway/main.ts';
import { hashToken, newToken } from '../../gateway/tokens.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { type GatewaySandbox, openGatewaySandbox } from './gateway-sandbox.ts';

export const ISSUER = 'https://id.example';
export const SECRET = 'a secret of more than thirty-two bytes';

const WHO = {
  admin: { scopes: ['admin'] },
  alice: { scopes: ['submit', 'subscribe'], streams: 'own' },
  bob: { scopes: ['submit', 'subscribe'], streams: 'own' },
  reader: { scopes: ['subscribe'] },
  writer: { scopes: ['submit'] },
} as const;
export type Who = keyof typeof WHO;

export interface AuthSandbox {
  /** The same Redis with a gateway that asks nobody. */
  readonly box: GatewaySandbox;
  /** Of the gateway that asks. */
  readonly url: string;
  readonly tokens: Readonly<Record<Who, string>>;
  readonly tokensFile: string;
  /** The lines of the tokens file, by who they let in. */
  readonly lines: Readonly<Record<Who, string>>;
  /** Every line that a gateway of this sandbox has logged, from level trace on. */
  readonly log: string[];
  /** Starts one more gateway that asks. */
  start(env?: Record<string, string>): Promise<GatewayService>;
  client(token: TokenSource | undefined): Client;
  /** Submits a stream as `token` and returns its id. */
  submit(token: string): Promise<string>;
  request(path: string, options?: AuthRequest): Promise<AuthAnswer>;
}

export interface AuthRequest {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** Of another gateway of this sandbox. */
  readonly url?: string;
}

export interface AuthAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The code of a problem. */
  readonly code: string | undefined;
}

/** Returns a JWT of the sandbox's issuer; it is good for a minute unless `expires` (epoch seconds) says otherwise. */
export async function signJwt({
  subject = 'carol',
  scope = 'submit subscribe',
  issuer = ISSUER,
  audience = 'verbcast',
  expires = Date.now() / 1000 + 60,
  secret = SECRET,
}: {
  subject?: string;
  scope?: string;
  issuer?: string;
  audience?: string;
  expires?: number;
  secret?: string;
} = {}): Promise<string> {
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(subject)
    .setExpirationTime(Math.floor(expires))
    .sign(new TextEncoder().encode(secret));
}

/** Starts everything; `box.close()` ends it. `env` goes to the gateway that asks. */
export async function openAuthSandbox(env: Record<string, string> = {}): Promise<AuthSandbox> {
  const box = await openGatewaySandbox();
  const log: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => log.push(line) });
  const names = Object.keys(WHO) as Who[];
  const byName = <T>(make: (who: Who) => T) =>
    Object.fromEntries(names.map((who) => [who, make(who)])) as Record<Who, T>;
  const tokens = byName(newToken);
  const lines = byName((who) => JSON.stringify({ id: who, hash: hashToken(tokens[who]), ...WHO[who] }));
  const tokensFile = join(box.mediaDir, '../tokens');
  await writeFile(tokensFile, `${Object.values(lines).join('\n')}\n`);
  const start = async (more: Record<string, string> = {}) => {
    const config = loadGatewayConfig({
      REDIS_URL: box.sandbox.url,
      KEY_PREFIX: box.keys.prefix,
      GATEWAY_PORT: '0',
      MEDIA_DIRS: box.mediaDir,
      DATA_DIR: box.dataDir,
      AUTH_TOKENS_FILE: tokensFile,
      AUTH_JWT_SECRET: SECRET,
      AUTH_JWT_ISSUER: ISSUER,
      AUTH_JWT_AUDIENCE: 'verbcast',
      AUTH_JWT_LEEWAY_SECONDS: '0',
      ...env,
      ...more,
    });
    return box.sandbox.use(await startGateway(config, { log: logger, metrics: createMetrics() }));
  };
  const { url } = await start();
  const client = (token: TokenSource | undefined) => createClient({ url, token, WebSocket });
  return {
    box,
    url,
    tokens,
    tokensFile,
    lines,
    log,
    start,
    client,
    async submit(token) {
      await box.serve('pocket');
      return (await client(token).createStream({ source: { path: 'clip.mp4' }, labels: ['waving'] })).id;
    },
    async request(path, { method = 'GET', token, headers = {}, body, url: other = url } = {}) {
      const response = await fetch(other + path, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const isProblem = text !== '' && response.headers.get('content-type')?.includes('problem+json');
      const { code } = isProblem ? JSON.parse(text) : { code: undefined };
      return { status: response.status, headers: response.headers, text, code };
    },
  };
}

/** Every operation of the API's description, with `id` for the stream or upload in it. */
export async function operations(
  auth: AuthSandbox,
  id: string,
): Promise<{ name: string; method: string; path: string }[]> {
  const { paths } = JSON.parse((await auth.request('/docs/json')).text) as { paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      name: `${method} ${path}`,
      method: method.toUpperCase(),
      path: path.replace('{id}', id) + (path.endsWith('/scores') ? '?labels=waving' : ''),
    })),
  );
}
