// clips → embedded clips: through the cache where they are there, through ffmpeg and the model where they are not.
import { toPipelineError } from '../runtime/errors.ts';
import type { LabelledClip } from './dataset.ts';
import { clipKey, type EmbeddingCache } from './embedding-cache.ts';
import type { Recogniser } from './recogniser.ts';

/** A clip with its frames. */
export interface EmbeddedClip extends LabelledClip {
  /** Media times in seconds. */
  readonly times: readonly number[];
  /** `[n][D]`, unit length, n ≥ 1. */
  readonly embeddings: readonly Float32Array[];
}

/** A clip that could not be read, or not to its end. */
export interface ClipTrouble {
  readonly file: string;
  readonly code: string;
  readonly message: string;
  /** Whether what was there of it has been used. */
  readonly used: boolean;
}

export interface EmbeddedDataset {
  /** In the order of the data set, without those that cannot be read. */
  readonly clips: readonly EmbeddedClip[];
  readonly troubles: readonly ClipTrouble[];
}

export interface EmbedProgress {
  readonly done: number;
  readonly total: number;
  /** Clips that came out of the cache. */
  readonly cached: number;
  /** The clip that was finished. */
  readonly file: string;
}

/** Clips under way at a time: one is decoded while another is in the model. */
const CLIPS_AT_A_TIME = 2;

/**
 * Embeds `clips`. One that cannot be read is reported and left out; one that breaks off is used as far as it goes. What is
 * done stays in the cache, so that an interrupted run goes on where it stopped.
 * @throws the signal's reason when it is aborted; a failure of the model
 */
export async function embedClips(
  clips: readonly LabelledClip[],
  {
    recogniser,
    cache,
    sampleFps,
    onProgress,
    signal,
  }: {
    recogniser: Recogniser;
    cache: EmbeddingCache;
    sampleFps: number;
    onProgress?: (progress: EmbedProgress) => void;
    signal: AbortSignal;
  },
): Promise<EmbeddedDataset> {
  const results: (EmbeddedClip | undefined)[] = new Array(clips.length);
  const troubles: (ClipTrouble | undefined)[] = new Array(clips.length);
  let next = 0;
  let done = 0;
  let cached = 0;
  const embedNext = async () => {
    for (let at = next++; at < clips.length; at = next++) {
      const clip = clips[at];
      if (!clip) return;
      signal.throwIfAborted();
      try {
        const key = await clipKey(clip.path, sampleFps, clip.span);
        const known = await cache.read(key);
        if (known) {
          cached++;
          results[at] = { ...clip, ...known };
        } else {
          const { trouble, ...frames } = await recogniser.embedClip({ ...clip, sampleFps }, signal);
          // A clip that broke off is tried again next time, and told again.
          results[at] = { ...clip, ...(trouble ? frames : await cache.write(key, frames)) };
          if (trouble)
            troubles[at] = { file: clip.file, code: trouble.code, message: trouble.message, used: true };
        }
      } catch (error) {
        signal.throwIfAborted();
        const { code, message } = toPipelineError(error, 'E_SOURCE_NOT_FOUND');
        if (code === 'E_INFERENCE' || code === 'E_FFMPEG_MISSING') throw error;
        troubles[at] = { file: clip.file, code, message, used: false };
      }
      done++;
      onProgress?.({ done, total: clips.length, cached, file: clip.file });
    }
  };
  await Promise.all(Array.from({ length: CLIPS_AT_A_TIME }, embedNext));
  return { clips: present(results), troubles: present(troubles) };
}

function present<T>(items: readonly (T | undefined)[]): T[] {
  return items.flatMap((item) => (item === undefined ? [] : [item]));
}
