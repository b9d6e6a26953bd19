// From a filled-in form to a stream.
import type { StreamRecord } from '../protocol/stream.ts';
import { sourceOf } from './footage.ts';
import { gateway, randomKey, uploadFile } from './gateway.ts';
import type { Options } from './option-fields.tsx';

/** Uploads the file, if there is one, and creates the stream. @throws VerbcastError, or the signal's reason. */
export async function startStream({
  file,
  address,
  labels,
  options,
  onSent,
  signal,
}: {
  file: File | null;
  address: string;
  labels: readonly string[];
  options: Options;
  onSent: (bytes: number) => void;
  signal: AbortSignal;
}): Promise<StreamRecord> {
  const { model, mode, sampleFps, poolSeconds, on, off } = options;
  const source = file ? { upload: (await uploadFile(file, { onSent, signal })).id } : sourceOf(address);
  if (source === null) throw new TypeError('Expected a file or an address.');
  return gateway().createStream(
    {
      source,
      labels: [...labels],
      thresholds: { on, off: Math.min(on, off) },
      options: {
        sampleFps,
        poolSeconds,
        ...(model === '' ? {} : { model }),
        ...(mode === '' ? {} : { mode }),
      },
    },
    { signal, idempotencyKey: randomKey() },
  );
}
