// Is a model folder what it should be? Every file against every hash that is known for it.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { PipelineError } from '../runtime/errors.ts';
import { findCatalogEntry } from './catalog.ts';
import { type ModelDescription, readModelDescription } from './description.ts';
import { hashFile, LOCK_FILE, readLock } from './integrity.ts';
import { SIDECAR_FILE } from './model-files.ts';

/** Hashes beside the files, as `sha256sum` writes them. */
const SUMS_FILE = 'SHA256SUMS';

export interface VerifiedFile {
  readonly path: string;
  /** `unknown`: no hash is known for it. */
  readonly state: 'ok' | 'changed' | 'missing' | 'unknown';
  /** Where the hash stands that the file was held to. */
  readonly heldTo: string | undefined;
}

export interface VerifiedModel {
  readonly directory: string;
  /** Every file is there and as expected, and the model can be described. */
  readonly isSound: boolean;
  readonly files: readonly VerifiedFile[];
  readonly description: ModelDescription | undefined;
  /** Why the model cannot be described. */
  readonly fault: PipelineError | undefined;
}

/**
 * Checks a model folder; its name is taken as the model's. Reads every file once.
 * @throws E_MODEL_FILES when there is no such folder
 */
export async function verifyModel(directory: string): Promise<VerifiedModel> {
  if (!existsSync(directory))
    throw new PipelineError('E_MODEL_FILES', `${directory}: there is no such folder.`);
  const id = basename(directory);
  const expected = await expectedHashes(directory, id);
  const present = await listFiles(directory);
  const paths = [...new Set([...expected.keys(), ...present])].sort();
  const files: VerifiedFile[] = [];
  for (const path of paths) {
    const rule = expected.get(path);
    const isThere = present.includes(path);
    const state = !isThere
      ? 'missing'
      : rule === undefined
        ? 'unknown'
        : (await hashFile(join(directory, path))) === rule.sha256
          ? 'ok'
          : 'changed';
    files.push({ path, state, heldTo: rule?.heldTo });
  }
  const { description, fault } = await describe(directory, id);
  const isSound = fault === undefined && files.every(({ state }) => state === 'ok' || state === 'unknown');
  return { directory, isSound, files, description, fault };
}

/** The catalog's word is above the lock's, and the lock's above that of a list beside the files. */
async function expectedHashes(directory: string, id: string) {
  const expected = new Map<string, { sha256: string; heldTo: string }>();
  const sums = existsSync(join(directory, SUMS_FILE))
    ? await readFile(join(directory, SUMS_FILE), 'utf8')
    : '';
  for (const [, sha256, path] of sums.matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm)) {
    if (sha256 !== undefined && path !== undefined) expected.set(path, { sha256, heldTo: SUMS_FILE });
  }
  for (const [path, { sha256 }] of Object.entries((await readLock(directory))?.files ?? {})) {
    expected.set(path, { sha256, heldTo: LOCK_FILE });
  }
  for (const { path, sha256 } of findCatalogEntry(id)?.files ?? []) {
    // A model is pulled in one dtype; the others are not missing.
    const isHere = expected.has(path) || existsSync(join(directory, path));
    if (sha256 !== undefined && isHere) expected.set(path, { sha256, heldTo: 'catalog' });
  }
  return expected;
}

async function listFiles(directory: string): Promise<string[]> {
  const own = new Set([SUMS_FILE, LOCK_FILE, SIDECAR_FILE]);
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !own.has(path));
}

async function describe(directory: string, id: string) {
  try {
    return { description: await readModelDescription(directory, id), fault: undefined };
  } catch (error) {
    if (error instanceof PipelineError) return { description: undefined, fault: error };
    throw error;
  }
}
