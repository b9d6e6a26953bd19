// The page's one client: the gateway that served the page, with the token that this tab was given.
import { type Client, createClient, VerbcastError } from '../client/client.ts';
import type { Upload } from '../protocol/rest.ts';
import { progressFetch } from './progress-fetch.ts';

const TOKEN_ITEM = 'verbcast.token';
const url = new URL('.', location.href).href;

const token = () => sessionStorage.getItem(TOKEN_ITEM) ?? undefined;
let client: Client = createClient({ url, token: token() });

/** Returns the client; after {@link carryToken} another one. */
export function gateway(): Client {
  return client;
}

/** Has every later call carry this token; it is kept until the tab is closed. */
export function carryToken(value: string): void {
  sessionStorage.setItem(TOKEN_ITEM, value);
  client = createClient({ url, token: value });
}

/** Returns whether a failure says that a token is missing, or that the one at hand is not good. */
export function asksForToken(failure: VerbcastError): boolean {
  return failure.status === 401 || failure.code === 'E_UNAUTHORIZED';
}

/** Returns whether this tab carries a token. */
export function hasToken(): boolean {
  return token() !== undefined;
}

/** Sends a file to the gateway, and tells how many of its bytes are there. */
export function uploadFile(
  file: File,
  { onSent, signal }: { onSent: (bytes: number) => void; signal: AbortSignal },
): Promise<Upload> {
  return createClient({ url, token: token(), fetch: progressFetch(onSent) }).upload(file, { signal });
}

/** Returns any failure as one with a code. */
export function toFailure(error: unknown): VerbcastError {
  if (error instanceof VerbcastError) return error;
  return new VerbcastError({
    code: 'E_INTERNAL',
    detail: error instanceof Error ? error.message : String(error),
  });
}

/** Returns a key that makes repeating a request harmless. `crypto.randomUUID` is missing on plain-HTTP pages. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
