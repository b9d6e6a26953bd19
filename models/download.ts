// One file over HTTP: resumed where it stopped, hashed as it comes, in place only when it is whole and right.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelineError } from '../runtime/errors.ts';

export interface DownloadOptions {
  readonly url: string;
  /** Where the file goes; it grows beside it as `<target>.part`. */
  readonly target: string;
  /** What the whole file must hash to, where that is known. */
  readonly sha256?: string | undefined;
  /** Called for each piece: bytes of the file so far, and in all where the server says. */
  readonly onBytes?: (bytes: number, totalBytes: number | undefined) => void;
  readonly signal?: AbortSignal | undefined;
  readonly tuning?: Partial<DownloadTuning> | undefined;
}

export interface DownloadTuning {
  /** How long a server may be silent. */
  readonly stallTimeoutMs: number;
  readonly attempts: number;
  /** Wait before the second attempt; doubled before each further one. */
  readonly backoffMs: number;
}

export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
  /** The commit that the hub names for the revision, where it does. */
  readonly commit: string | undefined;
}

const DEFAULT_TUNING: DownloadTuning = { stallTimeoutMs: 30_000, attempts: 5, backoffMs: 500 };

/**
 * Downloads one file. A part of an earlier run is gone on with if `sha256` can tell whether the whole is right, else it is
 * thrown away; a broken connection within the run is always gone on with.
 * @throws E_MODEL_CHECKSUM when the file is not the expected one (it is not kept)
 * @throws E_MODEL_UNKNOWN when the server has no such file
 * @throws E_MODEL_DOWNLOAD when the server refuses, or cannot be reached after some attempts
 * @throws the signal's reason when it aborts; what has come so far stays
 */
export async function downloadFile(options: DownloadOptions): Promise<Downloaded> {
  const { url, target, sha256, signal } = options;
  const tuning = { ...DEFAULT_TUNING, ...options.tuning };
  const part = `${target}.part`;
  await mkdir(dirname(target), { recursive: true });
  if (sha256 === undefined) await rm(part, { force: true });
  let failure: unknown;
  for (let attempt = 0; attempt < tuning.attempts; attempt++) {
    if (attempt > 0) await sleep(tuning.backoffMs * 2 ** (attempt - 1), undefined, { signal });
    signal?.throwIfAborted();
    try {
      const whole = await growPart(options, { part, stallTimeoutMs: tuning.stallTimeoutMs });
      await putInPlace(options, { part, whole });
      return whole;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof PipelineError) throw error;
      failure = error;
    }
  }
  throw new PipelineError('E_MODEL_DOWNLOAD', `${url}: ${reasonOf(failure)}.`, { cause: failure });
}

/** Fetches what `part` still lacks. A failure that is worth another attempt is a plain error. */
async function growPart(
  options: DownloadOptions,
  { part, stallTimeoutMs }: { part: string; stallTimeoutMs: number },
): Promise<Downloaded> {
  const { url, sha256, onBytes, signal } = options;
  const had = existsSync(part) ? (await stat(part)).size : 0;
  let hash = await hashSoFar(part, had);
  if (had > 0 && hash.copy().digest('hex') === sha256) return { bytes: had, sha256, commit: undefined };

  const stall = new AbortController();
  const timer = setTimeout(
    () => stall.abort(new Error(`the server was silent for ${stallTimeoutMs / 1000} s`)),
    stallTimeoutMs,
  );
  try {
    const response = await fetch(url, {
      // Ranges count the bytes as they are sent: they must be the file's own.
      headers: { 'accept-encoding': 'identity', ...(had > 0 ? { range: `bytes=${had}-` } : {}) },
      signal: AbortSignal.any([stall.signal, ...(signal ? [signal] : [])]),
    });
    if (response.status === 416) await rm(part);
    if (!response.ok || response.body === null) throw refusal(url, response.status);
    // Some servers do not know ranges and send the whole again.
    const isRest = response.status === 206;
    if (isRest && !response.headers.get('content-range')?.startsWith(`bytes ${had}-`)) {
      await rm(part, { force: true });
      throw new Error('the server sent another range than asked');
    }
    if (!isRest) hash = createHash('sha256');
    let bytes = isRest ? had : 0;
    const left = Number(response.headers.get('content-length') ?? Number.NaN);
    const totalBytes = Number.isFinite(left) ? bytes + left : undefined;
    const file = await open(part, isRest ? 'a' : 'w');
    try {
      onBytes?.(bytes, totalBytes);
      for await (const piece of response.body) {
        timer.refresh();
        hash.update(piece);
        await file.writeFile(piece);
        bytes += piece.length;
        onBytes?.(bytes, totalBytes);
      }
    } finally {
      await file.close();
    }
    if (totalBytes !== undefined && bytes !== totalBytes) {
      throw new Error(`the connection ended after ${bytes} of ${totalBytes} bytes`);
    }
    const commit = response.headers.get('x-repo-commit') ?? undefined;
    return { bytes, sha256: hash.digest('hex'), commit };
  } finally {
    clearTimeout(timer);
  }
}

async function hashSoFar(part: string, bytes: number): Promise<Hash> {
  const hash = createHash('sha256');
  if (bytes > 0) for await (const piece of createReadStream(part)) hash.update(piece);
  return hash;
}

async function putInPlace(
  { url, target, sha256 }: DownloadOptions,
  { part, whole }: { part: string; whole: Downloaded },
): Promise<void> {
  if (sha256 === undefined || whole.sha256 === sha256) return rename(part, target);
  await rm(part);
  throw new PipelineError(
    'E_MODEL_CHECKSUM',
    `${url}: expected SHA-256 ${sha256}, got ${whole.sha256}. The file was not kept.`,
  );
}

/** 408, 416 (its part is gone by now), 429 and 5xx may be different next time. */
function refusal(url: string, status: number): Error {
  if ([408, 416, 429].includes(status) || status >= 500) return new Error(`the server answered ${status}`);
  if (status === 404 || status === 410) {
    return new PipelineError(
      'E_MODEL_UNKNOWN',
      `${url}: the server has no such file (${status}); the repository, its revision or the file may have been renamed.`,
    );
  }
  const meaning = status === 401 || status === 403 ? 'private, gated or gone' : 'not what a hub answers';
  return new PipelineError('E_MODEL_DOWNLOAD', `${url}: the server answered ${status} (${meaning}).`);
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  const { cause } = failure;
  if (!(cause instanceof Error)) return failure.message;
  return 'code' in cause ? `${cause.message || failure.message} (${String(cause.code)})` : cause.message;
}
