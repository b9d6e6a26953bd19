// `verbcast token create|hash`: a static token, and the line of the tokens file that lets it in.
import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { hashToken, newToken, TokenEntry } from '../gateway/tokens.ts';
import { PipelineError } from '../runtime/errors.ts';

export interface TokenOptions {
  /** Separated by commas. */
  readonly scopes: string;
  readonly own?: boolean;
  readonly id?: string;
  readonly owner?: string;
}

/** Makes a token; prints it, and its line. Nothing keeps the token itself. Returns the exit code. */
export async function createCommand(options: TokenOptions): Promise<number> {
  const token = newToken();
  const line = lineOf(token, options);
  process.stderr.write('The token. It is shown this once; keep it like a password:\n');
  process.stdout.write(`${token}\n`);
  printLine(line);
  return 0;
}

/** Reads a token from standard input, where no list of processes shows it, and prints its line. Returns the exit code. */
export async function hashCommand(options: TokenOptions): Promise<number> {
  if (process.stdin.isTTY) process.stderr.write('Type or paste the token, then Enter and Ctrl-D:\n');
  printLine(lineOf((await text(process.stdin)).trim(), options));
  return 0;
}

function printLine(line: string): void {
  process.stderr.write('Its line for the file that AUTH_TOKENS_FILE names:\n');
  process.stdout.write(`${line}\n`);
}

/**
 * Returns the line of the tokens file that lets `token` in.
 * @throws E_BAD_REQUEST naming the option that is wrong
 */
export function lineOf(token: string, { scopes, own = false, id, owner }: TokenOptions): string {
  const entry = {
    id: id ?? `token-${randomBytes(4).toString('hex')}`,
    hash: hashToken(token),
    scopes: scopes.split(',').map((scope) => scope.trim()),
    ...(owner === undefined ? {} : { owner }),
    ...(own ? { streams: 'own' } : {}),
  };
  const result = TokenEntry.safeParse(entry);
  if (result.success) return JSON.stringify(entry);
  const faults = result.error.issues.map(({ path, message }) => [...path, message].join(': '));
  throw new PipelineError('E_BAD_REQUEST', faults.join('; '));
}
