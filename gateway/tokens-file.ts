// The tokens file, read again when it changes: a token is taken back without a restart.
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { PipelineError, toPipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Service } from '../runtime/shutdown.ts';
import type { Identity } from './auth-identity.ts';
import { parseTokens } from './tokens.ts';

/** The file is looked at this often, by its time and size: that works on every file system, and for mounted secrets. */
const CHECK_MS = 2_000;

export interface TokensFile extends Service {
  /** Returns whose token it is. */
  find(token: string): Identity | undefined;
}

/**
 * Opens the tokens file. A change that is not usable is logged and leaves the tokens as they were; so does a file that
 * is gone. An empty file has no tokens.
 * @throws E_CONFIG when it cannot be read, or naming every wrong line
 */
export function openTokensFile(
  file: string,
  { log, checkMs = CHECK_MS }: { log: Logger; checkMs?: number },
): TokensFile {
  let table = parseTokens(read(file));
  const reload = () => {
    try {
      table = parseTokens(read(file), table);
      log.info({ tokens: table.identities.length }, 'the tokens file was read again');
    } catch (error) {
      log.error(
        { err: toPipelineError(error) },
        'the tokens file changed and is not usable; nothing changes',
      );
    }
  };
  watchFile(file, { interval: checkMs, persistent: false }, reload);
  return {
    find: (token) => table.find(token),
    async close() {
      unwatchFile(file, reload);
    },
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new PipelineError('E_CONFIG', `Expected AUTH_TOKENS_FILE to be a readable file, got ${file}.`, {
      cause,
    });
  }
}
