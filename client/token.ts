// The token of a client: given once, or asked for whenever it is needed.
import { TOKEN_TEXT } from '../protocol/subprotocol.ts';
import { VerbcastError } from './error.ts';

/** A token, or what returns one: asked before every request and every connection, so that it may be a fresh one. */
export type TokenSource = string | (() => string | Promise<string>);

/** Returns the token to send now. @throws VerbcastError E_UNAUTHORIZED for text that no header can carry */
export async function tokenOf(source: TokenSource | undefined): Promise<string | undefined> {
  const token = typeof source === 'function' ? await source() : source;
  if (token === undefined || TOKEN_TEXT.test(token)) return token;
  throw new VerbcastError({
    code: 'E_UNAUTHORIZED',
    status: 401,
    detail: 'Expected a token of letters, digits and . _ ~ + - only; this is none.',
  });
}
