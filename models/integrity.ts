// What the files of a model folder must hash to: the lock that a pull writes.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { readModelFile } from './model-files.ts';

export const LOCK_FILE = 'verbcast.lock.json';

/** How far a hash is to be trusted: `pinned` in the catalog, or `recorded` when the file first came (trust on first use). */
export const Trust = z.enum(['pinned', 'recorded']);
export type Trust = z.infer<typeof Trust>;

/** `verbcast.lock.json`: where a pulled model came from, and what came. */
export const ModelLock = z.strictObject({
  repo: z.string(),
  revision: z.string(),
  /** The commit that the hub named for the revision, where it did. */
  commit: z.string().optional(),
  files: z.record(
    z.string(),
    z.strictObject({
      bytes: z.int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      trust: Trust,
    }),
  ),
});
export type ModelLock = z.infer<typeof ModelLock>;

/** Returns the lock of a model folder, if there is one. @throws E_MODEL_FILES when it is malformed */
export async function readLock(directory: string): Promise<ModelLock | undefined> {
  if (!existsSync(join(directory, LOCK_FILE))) return undefined;
  return readModelFile(directory, LOCK_FILE, ModelLock);
}

/** Writes JSON to `path` in one step: a reader sees the old text or the new one. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.part`, `${JSON.stringify(value, null, 2)}\n`);
  await rename(`${path}.part`, path);
}

/** Returns the SHA-256 of a file in lower-case hexadecimal. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
