// The hub ═══ files ═══▶ a model folder: pinned or recorded, resumable, complete.
import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../runtime/errors.ts';
import { CATALOG, type CatalogEntry, type CatalogFile, catalogFiles, findCatalogEntry } from './catalog.ts';
import { type DownloadTuning, downloadFile } from './download.ts';
import type { DtypeChoice } from './dtype.ts';
import { hashFile, LOCK_FILE, type ModelLock, readLock, type Trust, writeJson } from './integrity.ts';
import { SIDECAR_FILE } from './model-files.ts';
import { unknownModel } from './unknown-model.ts';

/** Where models come from unless `HF_ENDPOINT` names a mirror. */
export const HUB_ENDPOINT = 'https://huggingface.co';

export interface PullOptions {
  readonly id: string;
  /** The model goes to `<dataDir>/models/<id>`. */
  readonly dataDir: string;
  readonly endpoint?: string | undefined;
  /** `auto`: fp32. */
  readonly dtype?: DtypeChoice | undefined;
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly tuning?: Partial<DownloadTuning> | undefined;
}

export interface PullProgress {
  readonly file: string;
  readonly fileBytes: number;
  /** Undefined until the server has said it. */
  readonly fileTotalBytes: number | undefined;
  /** Bytes of all files so far. */
  readonly bytes: number;
  /** Undefined until the size of every file is known. */
  readonly totalBytes: number | undefined;
}

export interface PulledModel {
  readonly id: string;
  readonly directory: string;
  readonly repo: string;
  readonly revision: string;
  /** `recorded` files could be held to nothing: whoever served them first was trusted. Tell the user. */
  readonly files: readonly { path: string; bytes: number; sha256: string; trust: Trust }[];
}

/** Returns where a pulled model lies, whether it is there or not. */
export function pulledDirectory(dataDir: string, id: string): string {
  return join(dataDir, 'models', id);
}

/**
 * Fetches a model of the catalog. Files that are there and right are left alone, so a pull that was broken off is gone on
 * with by pulling again.
 * @throws E_MODEL_UNKNOWN when the catalog has no such model, or not in that dtype
 * @throws E_MODEL_DOWNLOAD when the hub cannot be reached or refuses
 * @throws E_MODEL_CHECKSUM when a file is not the pinned or recorded one
 * @throws E_CONFIG when the endpoint is no http(s) address
 */
export async function pullModel(options: PullOptions): Promise<PulledModel> {
  const { id, dataDir, endpoint = HUB_ENDPOINT, dtype = 'auto' } = options;
  const { entry, repo, files } = choose(id, dtype);
  const directory = pulledDirectory(dataDir, id);
  await mkdir(directory, { recursive: true });
  const lock = await openLock(directory, entry, repo);
  const report = progressOf(files, options.onProgress);
  const base = `${baseUrl(endpoint)}/${repo}/resolve/${encodeURIComponent(entry.revision)}`;
  for (const file of files) {
    const expected = file.sha256 ?? lock.files[file.path]?.sha256;
    const target = join(directory, file.path);
    if (expected === undefined || !existsSync(target) || (await hashFile(target)) !== expected) {
      const url = `${base}/${file.path}`;
      const got = await downloadFile({
        url,
        target,
        sha256: expected,
        onBytes: (bytes, totalBytes) => report(file.path, bytes, totalBytes),
        signal: options.signal,
        tuning: options.tuning,
      }).catch((error: unknown) => {
        throw explain(error, { endpoint, id, isLocked: file.sha256 === undefined });
      });
      if (got.commit !== undefined) lock.commit = got.commit;
      if (file.sha256 === undefined) lock.files[file.path] = { ...pick(got), trust: 'recorded' };
    }
    const bytes = (await stat(target)).size;
    report(file.path, bytes, bytes);
    if (file.sha256 !== undefined) lock.files[file.path] = { bytes, sha256: file.sha256, trust: 'pinned' };
    // After each file: what was recorded must hold even if the pull is broken off now.
    await writeJson(join(directory, LOCK_FILE), lock);
  }
  if (entry.facts !== undefined) await writeJson(join(directory, SIDECAR_FILE), entry.facts);
  const pulled = files.flatMap(({ path }) => {
    const held = lock.files[path];
    return held === undefined ? [] : [{ path, ...held }];
  });
  return { id, directory, repo, revision: entry.revision, files: pulled };
}

const pick = ({ bytes, sha256 }: { bytes: number; sha256: string }) => ({ bytes, sha256 });

function choose(id: string, dtype: DtypeChoice) {
  const entry = findCatalogEntry(id);
  const offered = CATALOG.filter(({ repo }) => repo !== undefined).map((known) => known.id);
  if (entry === undefined) throw unknownModel(id, offered);
  const { repo } = entry;
  if (repo === undefined) {
    throw new PipelineError('E_MODEL_UNKNOWN', `${id} ships with the project; there is nothing to pull.`);
  }
  const files = catalogFiles(entry, dtype);
  if (files.length === 0) {
    throw new PipelineError('E_MODEL_UNKNOWN', `${id} is not offered as ${dtype}; try fp32 or fp16.`);
  }
  return { entry, repo, files };
}

/** A lock of another repository or revision says nothing about the files that come now. */
async function openLock(directory: string, entry: CatalogEntry, repo: string): Promise<ModelLock> {
  const lock = await readLock(directory);
  if (lock?.repo === repo && lock.revision === entry.revision) return lock;
  return { repo, revision: entry.revision, files: {} };
}

function baseUrl(endpoint: string): string {
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new PipelineError('E_CONFIG', 'HF_ENDPOINT: expected an http:// or https:// address.');
  }
  return endpoint.replace(/\/+$/, '');
}

function progressOf(files: readonly CatalogFile[], onProgress: PullOptions['onProgress']) {
  const done = new Map(files.map(({ path }) => [path, 0]));
  const sizes = new Map(files.map(({ path, bytes }) => [path, bytes]));
  return (file: string, fileBytes: number, fileTotalBytes: number | undefined) => {
    done.set(file, fileBytes);
    if (fileTotalBytes !== undefined) sizes.set(file, fileTotalBytes);
    const bytes = [...done.values()].reduce((sum, size) => sum + size, 0);
    const totalBytes = [...sizes.values()].reduce<number | undefined>(
      (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
      0,
    );
    onProgress?.({ file, fileBytes, fileTotalBytes, bytes, totalBytes });
  };
}

/** Adds to a failure what the user can do about it. */
function explain(error: unknown, context: { endpoint: string; id: string; isLocked: boolean }): unknown {
  if (!(error instanceof PipelineError)) return error;
  if (error.code === 'E_MODEL_DOWNLOAD') {
    const { host } = new URL(context.endpoint);
    return new PipelineError(
      'E_MODEL_DOWNLOAD',
      `${error.message} ${host} did not serve the model. Without it: the model \`pocket\` ships with the project; a folder ` +
        `${context.id} from another machine can be put into a directory of MODELS_DIR; HF_ENDPOINT can name a mirror. ` +
        'Pulling again goes on where this stopped.',
      { cause: error },
    );
  }
  if (error.code === 'E_MODEL_CHECKSUM' && context.isLocked) {
    return new PipelineError(
      'E_MODEL_CHECKSUM',
      `${error.message} It is not the file that the first pull recorded in ${LOCK_FILE}; delete that to accept another.`,
      { cause: error },
    );
  }
  return error;
}
