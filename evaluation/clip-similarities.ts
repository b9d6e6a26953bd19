// clips × texts → similarities, by one pooling over each clip.
import { type Pooling, type SpanView, viewSpan } from '../models/pooling.ts';
import { pickEvenly } from './dataset.ts';

/** Frames of a clip that are pooled at the most; of longer ones as many, evenly spread. */
const FRAMES_MAX = 256;

/** Returns per clip (its frames `[n][D]`, n ≥ 1) what poolings need of it; several poolings may share it. */
export function viewClips(
  clips: readonly (readonly Float32Array[])[],
  texts: readonly Float32Array[],
): SpanView[] {
  return clips.map((frames) => viewSpan(pickEvenly(frames, FRAMES_MAX), texts));
}

/** Returns per clip (its frames `[n][D]`, n ≥ 1) its similarity to each text: `Float64Array [t]`. */
export function poolClips(
  clips: readonly (readonly Float32Array[])[],
  texts: readonly Float32Array[],
  { pooling, logitScale }: { pooling: Pooling; logitScale: number },
): Float64Array[] {
  return viewClips(clips, texts).map((view) => pooling(view, logitScale));
}

/** Returns the frame in the middle of a clip, alone. */
export function centreFrame(frames: readonly Float32Array[]): readonly Float32Array[] {
  return frames.slice(Math.floor(frames.length / 2), Math.floor(frames.length / 2) + 1);
}
