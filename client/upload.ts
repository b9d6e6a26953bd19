// client ═══ file ═══▶ gateway: in pieces, by the tus protocol, going on where a lost connection stopped it.
import type { Upload } from '../protocol/rest.ts';
import { VerbcastError } from './error.ts';
import type { Http } from './http.ts';
import { pause } from './pause.ts';

const PATH = 'v1/uploads/resumable';
const TUS = { 'tus-resumable': '1.0.0' };
/** One request. A lost connection costs at most this much again. */
const CHUNK_BYTES = 4 * 2 ** 20;
/** Failures in a row without a byte of progress after which it gives up: about a minute. */
const FAILURES_MAX = 8;
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 20_000;

export interface UploadOptions {
  signal?: AbortSignal | undefined;
  /** Told how many bytes the gateway has, after each piece. */
  onProgress?: (sentBytes: number, totalBytes: number) => void;
}

/**
 * Sends `file` and returns what the gateway made of it.
 * @throws VerbcastError E_BODY_TOO_LARGE, E_UPLOAD_QUOTA, E_SOURCE_EMPTY; E_GATEWAY_UNREACHABLE after about a minute of
 * trying; the signal's reason when aborted.
 */
export async function uploadFile(
  http: Http,
  file: Blob,
  { signal, onProgress = () => {} }: UploadOptions = {},
): Promise<Upload> {
  const created = await http.send({
    method: 'POST',
    path: PATH,
    headers: { ...TUS, 'upload-length': String(file.size) },
    signal,
  });
  const id = created.headers.get('location')?.split('/').at(-1) ?? '';
  const path = `${PATH}/${id}`;
  let offset = 0;
  let furthest = 0;
  let failures = 0;
  while (offset < file.size) {
    try {
      // After a failure only the gateway knows how much of the piece has come.
      if (failures > 0) offset = offsetOf(await http.send({ method: 'HEAD', path, headers: TUS, signal }));
      if (offset < file.size) {
        const answer = await http.send({
          method: 'PATCH',
          path,
          headers: {
            ...TUS,
            'upload-offset': String(offset),
            'content-type': 'application/offset+octet-stream',
          },
          raw: file.slice(offset, offset + CHUNK_BYTES),
          signal,
        });
        offset = offsetOf(answer);
      }
      failures = 0;
      onProgress(offset, file.size);
    } catch (error) {
      failures = offset > furthest ? 1 : failures + 1;
      furthest = Math.max(furthest, offset);
      if (!mayPass(error) || failures > FAILURES_MAX) throw error;
      await pause(Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** failures), signal);
    }
  }
  return { id, bytes: file.size };
}

/** 409: the offsets differ. 423: the gateway has not noticed yet that the connection before is gone. */
function mayPass(error: unknown): boolean {
  return error instanceof VerbcastError && (error.retry || error.status === 409 || error.status === 423);
}

function offsetOf({ headers }: Response): number {
  const offset = Number(headers.get('upload-offset') ?? Number.NaN);
  if (Number.isSafeInteger(offset)) return offset;
  throw new VerbcastError({
    code: 'E_GATEWAY_UNREACHABLE',
    detail: 'Expected `Upload-Offset` in the answer.',
  });
}
