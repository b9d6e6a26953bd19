// How a source is told who asks: Basic (RFC 7617) and Digest (RFC 7616, and RFC 2069 as old cameras speak it).
import { createHash, randomBytes } from 'node:crypto';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface Authorizer {
  /** Takes the `WWW-Authenticate` headers of a 401; returns whether there is now a new answer worth sending. */
  challenge(headers: readonly string[]): boolean;
  /** The `Authorization` header of a request, or undefined before the first challenge. */
  header(method: string, uri: string): string | undefined;
}

interface Digest {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly hasQop: boolean;
  readonly algorithm: 'MD5' | 'SHA-256';
}

/** Returns what answers challenges with `credentials`; with null it answers none. */
export function createAuthorizer(credentials: Credentials | null): Authorizer {
  let scheme: Digest | 'basic' | undefined;
  let count = 0;
  return {
    challenge(headers) {
      if (credentials === null) return false;
      const digest = strongest(headers);
      if (digest) {
        // The same nonce again: the answer was wrong.
        const isNew = typeof scheme !== 'object' || scheme.nonce !== digest.nonce;
        const isRetry = typeof scheme === 'object' && !headers.some((header) => /stale="?true/i.test(header));
        scheme = digest;
        count = 0;
        return isNew && !isRetry;
      }
      if (scheme === 'basic' || !headers.some((header) => /^\s*basic\b/i.test(header))) return false;
      scheme = 'basic';
      return true;
    },
    header(method, uri) {
      if (credentials === null || scheme === undefined) return undefined;
      if (scheme === 'basic') {
        return `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
      }
      count++;
      return answer(scheme, credentials, { method, uri, count });
    },
  };
}

function strongest(headers: readonly string[]): Digest | undefined {
  const found = headers.map(parseDigest).filter((digest) => digest !== undefined);
  return found.find(({ algorithm }) => algorithm === 'SHA-256') ?? found[0];
}

function parseDigest(header: string): Digest | undefined {
  if (!/^\s*digest\b/i.test(header)) return undefined;
  const read = (name: string) => {
    const [, quoted, bare] =
      new RegExp(`[\\s,]${name}\\s*=\\s*(?:"([^"]*)"|([^\\s,"]+))`, 'i').exec(header) ?? [];
    return quoted ?? bare;
  };
  const algorithm = (read('algorithm') ?? 'MD5').toUpperCase();
  const nonce = read('nonce');
  if (nonce === undefined || (algorithm !== 'MD5' && algorithm !== 'SHA-256')) return undefined;
  const qop = read('qop');
  if (qop !== undefined && !/\bauth\b(?!-)/i.test(qop)) return undefined;
  return { realm: read('realm') ?? '', nonce, opaque: read('opaque'), hasQop: qop !== undefined, algorithm };
}

function answer(
  { realm, nonce, opaque, hasQop, algorithm }: Digest,
  { user, password }: Credentials,
  { method, uri, count }: { method: string; uri: string; count: number },
): string {
  const hash = (text: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const secret = hash(`${user}:${realm}:${password}`);
  const asked = hash(`${method}:${uri}`);
  const nc = count.toString(16).padStart(8, '0');
  const cnonce = randomBytes(8).toString('hex');
  const response = hash(
    hasQop ? `${secret}:${nonce}:${nc}:${cnonce}:auth:${asked}` : `${secret}:${nonce}:${asked}`,
  );
  const parts = [
    `username="${quote(user)}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${uri}"`,
    `response="${response}"`,
    ...(algorithm === 'MD5' ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
    ...(hasQop ? ['qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`] : []),
  ];
  return `Digest ${parts.join(', ')}`;
}

function quote(text: string): string {
  return text.replace(/["\\]/g, '\\$&');
}
