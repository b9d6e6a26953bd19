// Uploaded files on disk: partial ones, finished ones, and how much of the disk they may take.
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, mkdir, readdir, readFile, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Upload } from '../protocol/rest.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Service } from '../runtime/shutdown.ts';
import { uploadsDirectory } from '../sources/file-policy.ts';

/** Space that is left on the disk for everything else. */
const FREE_BYTES = 2 ** 28;
const SWEEP_MS = 3_600_000;
/** Where the tus store notes what it knows of a partial upload. */
const NOTE = '.json';
const Note = z.object({ size: z.number().optional() });

export interface UploadStore extends Service {
  /** Where uploads lie that are not finished, one file per id. On the same disk: finishing is one step. */
  readonly partialDirectory: string;
  newId(): string;
  /**
   * Bytes that one more upload may have.
   * @throws E_BODY_TOO_LARGE, E_UPLOAD_QUOTA when `announcedBytes` are more.
   */
  room(announcedBytes?: number): Promise<number>;
  /** Writes `source` to disk and returns the finished upload; leaves nothing when it fails. @throws as `room`, E_SOURCE_EMPTY */
  receive(source: Readable, announcedBytes?: number): Promise<Upload>;
  /** Makes the partial upload `id` a finished one. Doing it again changes nothing. */
  finish(id: string): Promise<void>;
  /** Has the upload `id` kept from now on as long as a new one. */
  keep(id: string): Promise<void>;
  /** @throws E_UPLOAD_NOT_FOUND */
  remove(id: string): Promise<void>;
}

/** Opens the store below `dataDir`. What is older than `keepHours` is removed now and every hour. */
export async function openUploadStore({
  dataDir,
  maxBytes,
  quotaBytes,
  keepHours,
  log,
}: {
  dataDir: string;
  maxBytes: number;
  quotaBytes: number;
  keepHours: number;
  log: Logger;
}): Promise<UploadStore> {
  const directory = uploadsDirectory(dataDir);
  const partialDirectory = join(directory, '.partial');
  await mkdir(partialDirectory, { recursive: true, mode: 0o700 });
  /** What running uploads have announced and may not have written yet. */
  const announced = new Map<string, number>();

  const used = async () => {
    const sizes = new Map<number, number>();
    for (const { path, name, isPartial } of await listFiles(directory, partialDirectory)) {
      const file = await stat(path).catch(() => null);
      if (!file) continue;
      const promised = isPartial ? await promisedBytes(path, announced.get(name)) : 0;
      // By inode: a finished upload may still lie among the partial ones too.
      sizes.set(file.ino, Math.max(sizes.get(file.ino) ?? 0, file.size, promised));
    }
    return [...sizes.values()].reduce((sum, size) => sum + size, 0);
  };
  const room = async (announcedBytes = 0) => {
    if (announcedBytes > maxBytes) throw tooLarge(maxBytes);
    const { bavail, bsize } = await statfs(directory);
    const free = Math.min(quotaBytes - (await used()), bavail * bsize - FREE_BYTES);
    if (free <= 0 || announcedBytes > free) throw full();
    return Math.min(free, maxBytes);
  };
  const finish = async (id: string) => {
    const from = join(partialDirectory, id);
    const to = join(directory, id);
    // Linked rather than moved: a client that missed the last answer asks again, and finds that all is there.
    await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') await rename(from, to);
    });
  };
  const sweep = async () => {
    const limit = Date.now() - keepHours * 3_600_000;
    for (const { path } of await listFiles(directory, partialDirectory)) {
      const file = await stat(path).catch(() => null);
      if (file && file.mtimeMs < limit) await removePair(path);
    }
  };
  const tidy = () =>
    sweep().catch((error: unknown) => log.warn({ err: error }, 'old uploads are not removed'));
  await tidy();
  const timer = setInterval(tidy, SWEEP_MS).unref();

  return {
    partialDirectory,
    newId: () => `up_${randomBytes(12).toString('hex')}`,
    room,
    async receive(source, announcedBytes) {
      const limit = await room(announcedBytes);
      const id = `up_${randomBytes(12).toString('hex')}`;
      const partial = join(partialDirectory, id);
      if (announcedBytes !== undefined) announced.set(id, announcedBytes);
      try {
        const target = createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true });
        await pipeline(limited(source, limit, limit < maxBytes ? full() : tooLarge(maxBytes)), target);
        if (target.bytesWritten === 0) {
          throw new PipelineError('E_SOURCE_EMPTY', 'The upload has no bytes.');
        }
        await rename(partial, join(directory, id));
        return { id, bytes: target.bytesWritten };
      } catch (error) {
        await rm(partial, { force: true });
        throw isDiskFull(error) ? full() : error;
      } finally {
        announced.delete(id);
      }
    },
    finish,
    async keep(id) {
      const now = new Date();
      await utimes(join(directory, id), now, now);
    },
    async remove(id) {
      const path = join(directory, id);
      if (!(await stat(path).catch(() => null))?.isFile()) {
        throw new PipelineError('E_UPLOAD_NOT_FOUND', `There is no upload ${id}.`);
      }
      await removePair(join(partialDirectory, id));
      await rm(path, { force: true });
    },
    async close() {
      clearInterval(timer);
    },
  };
}

interface StoredFile {
  path: string;
  name: string;
  isPartial: boolean;
}

async function listFiles(directory: string, partialDirectory: string): Promise<StoredFile[]> {
  const list = async (folder: string, isPartial: boolean) => {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith(NOTE))
      .map(({ name }) => ({ path: join(folder, name), name, isPartial }));
  };
  return [...(await list(directory, false)), ...(await list(partialDirectory, true))];
}

/** A partial upload takes what it will have: else many that begin at once would each find room. */
async function promisedBytes(path: string, announcedBytes: number | undefined): Promise<number> {
  if (announcedBytes !== undefined) return announcedBytes;
  const note = await readFile(path + NOTE, 'utf8').catch(() => '{}');
  return Note.parse(JSON.parse(note)).size ?? 0;
}

async function removePair(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(path + NOTE, { force: true });
}

/** A refused source is left alone, not destroyed: what is still to come is for the HTTP server to discard. */
async function* limited(source: Readable, limit: number, refusal: PipelineError): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of source.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > limit) throw refusal;
    yield chunk;
  }
}

function tooLarge(maxBytes: number): PipelineError {
  return new PipelineError('E_BODY_TOO_LARGE', `An upload may have ${maxBytes} bytes (UPLOAD_MAX_BYTES).`);
}

function full(): PipelineError {
  return new PipelineError(
    'E_UPLOAD_QUOTA',
    'There is no room for this upload (UPLOADS_QUOTA_BYTES, free disk).',
  );
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
