// what the user named → a stream on a gateway: by path where the gateway sees the file, by upload where it does not.
import { openAsBlob } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type Client, VerbcastError } from '../client/client.ts';
import type { CreateStreamInput, StreamRecord } from '../protocol/stream.ts';
import { PipelineError } from '../runtime/errors.ts';
import { describeSource } from '../sources/redaction.ts';

/** What is to be watched: a URL, or a file of this machine. */
export type WatchedSource =
  | { readonly kind: 'url'; readonly url: string; readonly title: string }
  | { readonly kind: 'file'; readonly path: string; readonly directory: string; readonly title: string };

/**
 * Returns the source that `text` names. A file's path is absolute, with symbolic links resolved; titles are for people.
 * @throws E_SOURCE_NOT_FOUND when there is no such file, E_SOURCE_NOT_A_FILE when it is a directory or a device.
 */
export async function readSource(text: string): Promise<WatchedSource> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return { kind: 'url', url: text, title: describeSource({ url: text }) };
  }
  const path = await realpath(text).catch((cause: unknown) => {
    throw new PipelineError('E_SOURCE_NOT_FOUND', `There is no file ${text}.`, { cause });
  });
  if (!(await stat(path)).isFile()) {
    throw new PipelineError('E_SOURCE_NOT_A_FILE', `Expected ${text} to be a file.`);
  }
  const title = describeSource({ path: basename(path) });
  return { kind: 'file', path, directory: dirname(path), title };
}

/**
 * Creates the stream. A gateway on this machine (`isLocal`) is asked to read a file where it lies; where it may not or
 * cannot, and for every other gateway, the file is uploaded; `onUpload` is told how far that is, in bytes, from 0 on.
 * @throws VerbcastError as the gateway answers.
 */
export async function submit(
  client: Client,
  source: WatchedSource,
  {
    request,
    isLocal,
    onUpload,
    signal,
  }: {
    request: Omit<CreateStreamInput, 'source'>;
    isLocal: boolean;
    onUpload: (sentBytes: number, totalBytes: number) => void;
    signal: AbortSignal;
  },
): Promise<StreamRecord> {
  const create = (from: CreateStreamInput['source']) =>
    client.createStream({ ...request, source: from }, { signal });
  if (source.kind === 'url') return create({ url: source.url });
  if (isLocal) {
    try {
      return await create({ path: source.path });
    } catch (error) {
      if (!isOutOfSight(error)) throw error;
    }
  }
  const file = await openAsBlob(source.path);
  onUpload(0, file.size);
  const { id } = await client.upload(file, { signal, onProgress: onUpload });
  return create({ upload: id });
}

/** Whether the gateway does not see the file: it lies outside MEDIA_DIRS, or the gateway runs in a container. */
function isOutOfSight(error: unknown): boolean {
  return error instanceof VerbcastError && /^E_SOURCE_(FORBIDDEN|NOT_FOUND)$/.test(error.code);
}
