// Embeddings of clips on disk, by what is in the file and what made them: measured again, nothing is embedded again.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelDescription } from '../models/description.ts';
import type { SessionOptions } from '../models/session.ts';
import { decodeEntry, encodeFrames } from '../worker/history.ts';
import type { ClipSpan } from './dataset.ts';

/** Times and embeddings of a clip; float16, as a stream's history holds them. */
export interface CachedFrames {
  readonly times: readonly number[];
  readonly embeddings: readonly Float32Array[];
}

export interface EmbeddingCache {
  /** Returns what is cached under `key`; undefined where there is nothing sound. */
  read(key: string): Promise<CachedFrames | undefined>;
  /** Stores frames and returns them as they will be read. */
  write(key: string, frames: CachedFrames): Promise<CachedFrames>;
}

/**
 * Returns the cache below `dataDir` for one model in one form: another file of the model, another precision or provider is
 * another cache.
 */
export async function openEmbeddingCache({
  dataDir,
  description,
  session,
  provider,
}: {
  dataDir: string;
  description: ModelDescription;
  session: Pick<SessionOptions, 'dtype'>;
  provider: string;
}): Promise<EmbeddingCache> {
  const { directory: _, ...facts } = description;
  const made = { facts, dtype: session.dtype, provider, files: await onnxFiles(description.directory) };
  const directory = join(dataDir, 'embeddings', `${description.id}-${digest(JSON.stringify(made))}`);
  await mkdir(directory, { recursive: true });
  const fileOf = (key: string) => join(directory, `${key}.bin`);
  return {
    async read(key) {
      const stored = await readFile(fileOf(key)).catch(() => undefined);
      return stored && decodeFrames(stored);
    },
    async write(key, { times, embeddings }) {
      const encoded = encodeFrames({ times, embeddings: joined(embeddings) });
      // Renamed into place: what is there is whole, however the program ends.
      const draft = `${fileOf(key)}.${randomBytes(4).toString('hex')}`;
      await writeFile(draft, encoded);
      await rename(draft, fileOf(key));
      return decodeFrames(encoded) ?? { times, embeddings };
    },
  };
}

/** Returns the key of a clip: its content, and how it is sampled. @throws when the file cannot be read */
export async function clipKey(path: string, sampleFps: number, span?: ClipSpan): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const part = span === undefined ? '' : `-${span.from}-${span.to}`;
  return `${hash.digest('hex').slice(0, 32)}-${sampleFps}${part}`;
}

function decodeFrames(stored: Buffer): CachedFrames | undefined {
  try {
    const entry = decodeEntry(stored);
    if (entry.kind !== 'frames') return undefined;
    const embeddings = entry.embeddings.flatMap((embedding) => (embedding ? [embedding] : []));
    return { times: entry.times, embeddings };
  } catch {
    return undefined;
  }
}

/** Name, size and time of change of each ONNX file: cheaper than hashing hundreds of megabytes at every start. */
async function onnxFiles(directory: string): Promise<string[]> {
  const names = (await readdir(join(directory, 'onnx'))).filter((name) => name.startsWith('vision'));
  return Promise.all(
    names.sort().map(async (name) => {
      const { size, mtimeMs } = await stat(join(directory, 'onnx', name));
      return `${name} ${size} ${mtimeMs}`;
    }),
  );
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function joined(embeddings: readonly Float32Array[]): Float32Array {
  const dims = embeddings[0]?.length ?? 0;
  const all = new Float32Array(embeddings.length * dims);
  embeddings.forEach((embedding, i) => {
    all.set(embedding, i * dims);
  });
  return all;
}
