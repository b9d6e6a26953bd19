// Lua scripts that several services run.
import { createHash } from 'node:crypto';

/** The part of a Redis client that scripts need. */
export interface ScriptHost {
  evalsha(sha1: string, keyCount: number, ...args: (string | number | Buffer)[]): Promise<unknown>;
  eval(lua: string, keyCount: number, ...args: (string | number | Buffer)[]): Promise<unknown>;
}

export interface Script {
  readonly lua: string;
  readonly sha1: string;
}

/** Returns a script ready to run by its hash. */
export function defineScript(lua: string): Script {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') };
}

/** Runs `script` by its hash, and sends its text only to a server that does not know it yet. */
export async function runScript(
  redis: ScriptHost,
  script: Script,
  { keys, args }: { keys: string[]; args: (string | number | Buffer)[] },
): Promise<unknown> {
  try {
    return await redis.evalsha(script.sha1, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return redis.eval(script.lua, keys.length, ...keys, ...args);
  }
}
