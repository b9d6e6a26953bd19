// JSON Web Tokens of an issuer that the operator trusts → identities.
import { readFileSync } from 'node:fs';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { z } from 'zod';
import { PipelineError } from '../runtime/errors.ts';
import { type Identity, type RefusalReason, Scope, TokenRefused } from './auth-identity.ts';
import type { GatewayConfig } from './config.ts';
import { isLoopback } from './origin.ts';

/** RFC 7518, 3.2: a key of HS256 is at least as long as its hash. */
const SECRET_MIN_BYTES = 32;
const JWKS_TIMEOUT_MS = 5_000;

/** Which algorithms a kind of key is good for. A token says its own, but that only chooses the kind of key. */
const SHARED = ['HS256'];
const PUBLIC = ['RS256', 'ES256'];

const scopes = z.union([z.string(), z.array(z.string())]).optional();
/** What is read of a token beside what `jose` checks. `scp` is how some issuers call `scope`. */
const Claims = z.object({
  sub: z.string().min(1).max(256),
  exp: z.number(),
  scope: scopes,
  scp: scopes,
  streams: z.enum(['all', 'own']).default('own'),
});

export interface JwtVerifier {
  /** Returns whose token it is. @throws E_UNAUTHORIZED ({@link TokenRefused}), E_AUTH_UNAVAILABLE */
  verify(token: string): Promise<Identity>;
}

/**
 * Returns the verifier that `config` describes, or undefined when it names no key.
 * @throws E_CONFIG when a key cannot be used, or issuer or audience are missing
 */
export function createJwtVerifier(config: GatewayConfig): JwtVerifier | undefined {
  const secret = readSecret(config);
  const keySet = readKeySet(config);
  if (!secret && !keySet) return undefined;
  const { AUTH_JWT_ISSUER: issuer, AUTH_JWT_AUDIENCE: audience } = config;
  if (issuer === undefined || audience === undefined) {
    throw new PipelineError('E_CONFIG', 'Expected AUTH_JWT_ISSUER and AUTH_JWT_AUDIENCE with a key of JWTs.');
  }
  const leewaySeconds = config.AUTH_JWT_LEEWAY_SECONDS;
  const options = { issuer, audience, clockTolerance: leewaySeconds, requiredClaims: ['exp', 'sub'] };

  const check = (token: string) => {
    const { alg = 'none' } = decodeProtectedHeader(token);
    if (secret && SHARED.includes(alg)) return jwtVerify(token, secret, { ...options, algorithms: SHARED });
    if (keySet && PUBLIC.includes(alg)) return jwtVerify(token, keySet, { ...options, algorithms: PUBLIC });
    throw new errors.JOSEAlgNotAllowed('There is no key for this algorithm.');
  };
  return {
    async verify(token) {
      try {
        const { payload } = await check(token);
        return toIdentity(payload, leewaySeconds);
      } catch (error) {
        throw toRefusal(error);
      }
    },
  };
}

function toIdentity(payload: JWTPayload, leewaySeconds: number): Identity {
  const { sub, exp, scope, scp, streams } = Claims.parse(payload);
  const named = [scope, scp].flatMap((value) =>
    typeof value === 'string' ? value.split(' ') : (value ?? []),
  );
  // Issuers put their own scopes beside ours: `openid`, `email`.
  const known = new Set(named.flatMap((name) => Scope.safeParse(name).data ?? []));
  return {
    subject: `jwt:${sub}`,
    scopes: known,
    // Apart from the names in the tokens file: who may choose a name at the issuer chooses no owner of ours.
    owner: `jwt:${sub}`,
    ownOnly: streams === 'own' && !known.has('admin'),
    expiresAtMs: (exp + leewaySeconds) * 1000,
    isRevoked: () => false,
  };
}

/** What `jose` says, as a reason for the log; the client is only told what it can do something about. */
function toRefusal(error: unknown): PipelineError {
  const refuse = (reason: RefusalReason, message = 'The token is not valid here.') =>
    new TokenRefused(reason, message, error);
  if (error instanceof errors.JWTExpired) return refuse('expired', 'The token has expired; get a new one.');
  if (error instanceof errors.JWTClaimValidationFailed) return refuse('claims');
  if (error instanceof z.ZodError) return refuse('claims');
  if (error instanceof errors.JWSSignatureVerificationFailed) return refuse('signature');
  if (error instanceof errors.JWKSNoMatchingKey) return refuse('signature');
  if (error instanceof errors.JWKSMultipleMatchingKeys) return refuse('signature');
  const ofToken = [errors.JWSInvalid, errors.JWTInvalid, errors.JOSEAlgNotAllowed, errors.JOSENotSupported];
  if (ofToken.some((kind) => error instanceof kind)) return refuse('malformed');
  // `decodeProtectedHeader` of what is no token at all.
  if (error instanceof TypeError && error.message.includes('Protected Header')) return refuse('malformed');
  return new PipelineError('E_AUTH_UNAVAILABLE', "The keys of the token's issuer cannot be had; try again.", {
    cause: error,
  });
}

function readSecret({ AUTH_JWT_SECRET: text, AUTH_JWT_SECRET_FILE: file }: GatewayConfig) {
  if (text === undefined && file === undefined) return undefined;
  if (text !== undefined && file !== undefined) {
    throw new PipelineError('E_CONFIG', 'Expected AUTH_JWT_SECRET or AUTH_JWT_SECRET_FILE, got both.');
  }
  const secret = new TextEncoder().encode(text ?? readText(file ?? '', 'AUTH_JWT_SECRET_FILE').trim());
  if (secret.length < SECRET_MIN_BYTES) {
    throw new PipelineError(
      'E_CONFIG',
      `Expected a JWT secret of at least ${SECRET_MIN_BYTES} bytes, got ${secret.length}. Make one: openssl rand -hex 32`,
    );
  }
  return secret;
}

function readKeySet({
  AUTH_JWKS_URL: url,
  AUTH_JWKS_FILE: file,
}: GatewayConfig): JWTVerifyGetKey | undefined {
  if (url === undefined && file === undefined) return undefined;
  if (url !== undefined && file !== undefined) {
    throw new PipelineError('E_CONFIG', 'Expected AUTH_JWKS_URL or AUTH_JWKS_FILE, got both.');
  }
  if (url !== undefined) return createRemoteJWKSet(keySetUrl(url), { timeoutDuration: JWKS_TIMEOUT_MS });
  try {
    return createLocalJWKSet(JSON.parse(readText(file ?? '', 'AUTH_JWKS_FILE')));
  } catch (cause) {
    if (cause instanceof PipelineError) throw cause;
    throw new PipelineError('E_CONFIG', 'Expected AUTH_JWKS_FILE to hold a JSON Web Key Set.', { cause });
  }
}

/** Who can change the keys on their way can make tokens: they come by TLS, or from this machine. */
function keySetUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))) return url;
  throw new PipelineError(
    'E_CONFIG',
    'Expected AUTH_JWKS_URL to begin with https:// (http:// on loopback only).',
  );
}

function readText(file: string, variable: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new PipelineError('E_CONFIG', `Expected ${variable} to be a readable file, got ${file}.`, {
      cause,
    });
  }
}
