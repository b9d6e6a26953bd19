// Static tokens: made once, kept as hashes, known again by them.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { PipelineError } from '../runtime/errors.ts';
import { type Identity, Scope } from './auth-identity.ts';

/** Says to people and to scanners of leaked secrets what it is. */
const PREFIX = 'vbt_';
const TOKEN_BYTES = 32;
/** What {@link newToken} makes, or 256 random bits from elsewhere: 64 hexadecimal or 43 base64url characters. */
const TOKEN = /^(vbt_[\w-]{43}|[0-9a-f]{64}|[\w-]{43})$/;
/** Every token of the file is compared with every one that comes: 1,000 take a fifth of a millisecond. */
const TOKENS_MAX = 1_000;

/** One line of the tokens file. */
export const TokenEntry = z
  .strictObject({
    id: z.string().regex(/^[\w.@-]{1,64}$/, 'Expected 1 to 64 letters, digits, `.`, `_`, `@` or `-`.'),
    hash: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'Expected `sha256:` and 64 hexadecimal digits.'),
    scopes: z.array(Scope).min(1),
    owner: z.string().min(1).max(256).optional(),
    streams: z.enum(['all', 'own']).default('all'),
  })
  .refine(({ scopes, streams }) => streams === 'all' || !scopes.includes('admin'), {
    message: 'An `admin` sees the streams of all owners: leave `streams` out.',
  });
export type TokenEntry = z.infer<typeof TokenEntry>;

/** Returns a new token: `vbt_` and 256 random bits in base64url. */
export function newToken(): string {
  return PREFIX + randomBytes(TOKEN_BYTES).toString('base64url');
}

/**
 * Returns the hash of a token as the tokens file holds it: `sha256:…`.
 *
 * One round of SHA-256 is right here, and a slow hash (scrypt, argon2) would be wrong. A slow hash makes up for passwords
 * that can be guessed; 256 random bits cannot be, however fast the hash. And every request is hashed: a slow one would
 * let anybody burn a core and tens of megabytes with each wrong token.
 * @throws E_BAD_REQUEST when it is not 256 random bits in a form of ours: of anything else the above does not hold.
 */
export function hashToken(token: string): string {
  if (!TOKEN.test(token)) {
    throw new PipelineError(
      'E_BAD_REQUEST',
      'Expected a token of `verbcast token create`, or 256 random bits as 64 hexadecimal or 43 base64url characters.',
    );
  }
  return `sha256:${digest(token).toString('hex')}`;
}

/** The static tokens of one gateway. */
export interface TokenTable {
  readonly identities: readonly Identity[];
  /** Returns whose token it is. Takes the same time for every wrong one. */
  find(token: string): Identity | undefined;
}

/**
 * Returns the tokens that `text` lists: one JSON object a line; empty lines and lines with `#` in front are left out.
 * Entries that `before` has too stay the same identity; those that it alone has are revoked, and so are changed ones.
 * @throws E_CONFIG naming every wrong line
 */
export function parseTokens(text: string, before?: TokenTable): TokenTable {
  const faults: string[] = [];
  const entries: TokenEntry[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    try {
      const entry = TokenEntry.parse(JSON.parse(line));
      const isDouble = entries.some(({ id, hash }) => id === entry.id || hash === entry.hash);
      if (isDouble) faults.push(`line ${i + 1}: its id or its hash is in a line before`);
      else entries.push(entry);
    } catch (error) {
      faults.push(`line ${i + 1}: ${faultOf(error)}`);
    }
  }
  if (entries.length > TOKENS_MAX) faults.push(`there are more than ${TOKENS_MAX} tokens`);
  if (faults.length > 0) {
    throw new PipelineError('E_CONFIG', `AUTH_TOKENS_FILE is not usable:\n  ${faults.join('\n  ')}`);
  }
  return createTable(entries, before);
}

/** Keeps which entries stand: the members of the newest table. */
class StaticIdentity implements Identity {
  readonly subject: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly owner: string;
  readonly ownOnly: boolean;
  readonly expiresAtMs = undefined;
  readonly hash: Buffer;
  readonly key: string;
  revoked = false;

  constructor(entry: TokenEntry) {
    this.subject = `token:${entry.id}`;
    this.scopes = new Set(entry.scopes);
    this.owner = entry.owner ?? this.subject;
    this.ownOnly = entry.streams === 'own';
    this.hash = Buffer.from(entry.hash.slice('sha256:'.length), 'hex');
    this.key = JSON.stringify(entry);
  }

  isRevoked(): boolean {
    return this.revoked;
  }
}

function createTable(entries: readonly TokenEntry[], before?: TokenTable): TokenTable {
  const old = (before?.identities ?? []).filter((identity) => identity instanceof StaticIdentity);
  const identities = entries.map((entry) => {
    const fresh = new StaticIdentity(entry);
    return old.find(({ key }) => key === fresh.key) ?? fresh;
  });
  for (const identity of old) identity.revoked = !identities.includes(identity);
  return {
    identities,
    find(token) {
      const hash = digest(token);
      let found: Identity | undefined;
      // No early end: how long it takes says nothing about what is there.
      for (const identity of identities) if (timingSafeEqual(identity.hash, hash)) found = identity;
      return found;
    },
  };
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function faultOf(error: unknown): string {
  // What JSON.parse says quotes the line, and somebody may have put a token there.
  if (!(error instanceof z.ZodError)) return 'expected a JSON object';
  return error.issues.map(({ path, message }) => [...path, message].join(': ')).join('; ');
}
