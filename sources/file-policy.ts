// Which files a client may name: regular, non-empty ones inside the operator's media directories.
import { constants } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { PipelineError } from '../runtime/errors.ts';

/** The outcome for a source that is a file. `path` is absolute with symlinks resolved; give it to ffmpeg as `file:<path>`. */
export interface FileSource {
  readonly kind: 'file';
  readonly path: string;
}

/** The outcome for a source that is a video device. */
export interface DeviceSource {
  readonly kind: 'device';
  readonly path: string;
}

/**
 * Returns the device that `path` names, or null when it is not one of `devices`, which are named exactly.
 * @throws E_SOURCE_NOT_FOUND, E_SOURCE_FORBIDDEN (a listed path that is no device)
 */
export async function resolveDevice(path: string, devices: readonly string[]): Promise<DeviceSource | null> {
  if (!devices.includes(path)) return null;
  const facts = await stat(path).catch(() => null);
  if (!facts) throw new PipelineError('E_SOURCE_NOT_FOUND', 'The device is not there; is it plugged in?');
  if (facts.isCharacterDevice()) return { kind: 'device', path };
  throw new PipelineError('E_SOURCE_FORBIDDEN', 'What SOURCE_DEVICES lists under this name is no device.');
}

const FORBIDDEN =
  'The path is outside the directories that are allowed here; ask the operator for MEDIA_DIRS.';

/**
 * Returns the file that `path` names inside one of `mediaDirs`; a relative path is looked up in each of them in turn.
 * What lies outside is refused in the same words whether or not it exists.
 * @throws E_SOURCE_FORBIDDEN, E_SOURCE_NOT_FOUND, E_SOURCE_NOT_A_FILE, E_SOURCE_EMPTY
 */
export async function resolveFile(path: string, mediaDirs: readonly string[]): Promise<FileSource> {
  if (path.includes('\0')) throw new PipelineError('E_SOURCE_NOT_FOUND', 'A path cannot hold a NUL byte.');
  const directories: string[] = [];
  const real: string[] = [];
  for (const directory of mediaDirs.map((name) => resolve(name))) {
    const found = await realpathOrNull(directory);
    if (found === null) continue;
    directories.push(directory, found);
    real.push(found);
  }
  const candidates = new Set(directories.map((directory) => resolve(directory, path)));
  let refusal = new PipelineError('E_SOURCE_FORBIDDEN', FORBIDDEN);
  let isRefused = false;
  for (const candidate of candidates) {
    if (!directories.some((directory) => isInside(candidate, directory))) continue;
    try {
      return { kind: 'file', path: await checkFile(candidate, real) };
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      if (!isRefused || tells(error) > tells(refusal)) refusal = error;
      isRefused = true;
    }
  }
  throw refusal;
}

/** Of several directories' refusals the most telling is thrown. */
function tells({ code }: PipelineError): number {
  return ['E_SOURCE_NOT_FOUND', 'E_SOURCE_FORBIDDEN', 'E_SOURCE_NOT_A_FILE', 'E_SOURCE_EMPTY'].indexOf(code);
}

/**
 * Returns the file of the finished upload `id`: exactly `<dataDir>/uploads/<id>`.
 * @throws E_UPLOAD_NOT_FOUND, E_SOURCE_NOT_A_FILE, E_SOURCE_EMPTY
 */
export async function resolveUpload(id: string, dataDir: string): Promise<FileSource> {
  const directory = await realpathOrNull(uploadsDirectory(dataDir));
  if (directory === null || !/^[\w-]{1,64}$/.test(id)) throw uploadNotFound(id);
  try {
    return { kind: 'file', path: await checkFile(join(directory, id), [directory]) };
  } catch (error) {
    const missing = error instanceof PipelineError && /^E_SOURCE_(NOT_FOUND|FORBIDDEN)$/.test(error.code);
    throw missing ? uploadNotFound(id) : error;
  }
}

/** Returns the directory that holds finished uploads, one file per id. */
export function uploadsDirectory(dataDir: string): string {
  return resolve(dataDir, 'uploads');
}

function uploadNotFound(id: string): PipelineError {
  const shown = id.replace(/[^\w-]/g, '?').slice(0, 64);
  return new PipelineError('E_UPLOAD_NOT_FOUND', `There is no finished upload ${shown}.`);
}

async function checkFile(candidate: string, realDirectories: readonly string[]): Promise<string> {
  const inside = (path: string) => realDirectories.some((directory) => isInside(path, directory));
  const path = await realpathOrNull(candidate);
  if (path === null) {
    // Only what is missing inside may be called missing: a link that leads out must not tell what lies there.
    const known = inside(await deepestExisting(candidate));
    throw known
      ? new PipelineError('E_SOURCE_NOT_FOUND', 'There is no such file in the allowed directories.')
      : new PipelineError('E_SOURCE_FORBIDDEN', FORBIDDEN);
  }
  if (!inside(path)) throw new PipelineError('E_SOURCE_FORBIDDEN', FORBIDDEN);
  const facts = await stat(path);
  if (!facts.isFile()) {
    throw new PipelineError('E_SOURCE_NOT_A_FILE', 'Expected a file, got a directory, device or pipe.');
  }
  if (facts.size === 0) throw new PipelineError('E_SOURCE_EMPTY', 'The file has no bytes.');
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new PipelineError('E_SOURCE_FORBIDDEN', 'The file may not be read by this service.', { cause });
  }
  return path;
}

/** The real path of the deepest part of `path` that exists; `/` for a dangling link, which may point anywhere. */
async function deepestExisting(path: string): Promise<string> {
  for (let part = path; ; part = dirname(part)) {
    const real = await realpathOrNull(part);
    if (real !== null) return real;
    const isLink = await lstat(part).then(
      (facts) => facts.isSymbolicLink(),
      () => false,
    );
    if (isLink || part === dirname(part)) return sep;
  }
}

function isInside(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

async function realpathOrNull(path: string): Promise<string | null> {
  return realpath(path).catch(() => null);
}
