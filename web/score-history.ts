// Scores over time, bounded: a list of chunks, so that adding a frame copies a chunk and not the whole past.
import type { FrameScores } from '../protocol/event.ts';

const CHUNK_FRAMES = 256;
/** About 2.8 h at 2 frames a second; older frames are forgotten by the page, not by the server. */
export const MAX_HISTORY_FRAMES = 80 * CHUNK_FRAMES;

/** Frames in media order, in chunks that are full but for the last. */
export type ScoreHistory = readonly (readonly FrameScores[])[];
export const EMPTY_HISTORY: ScoreHistory = [];

/** Returns the history with `frames` behind it. Frames that do not come after the last one are left out. */
export function remember(history: ScoreHistory, frames: readonly FrameScores[]): ScoreHistory {
  const chunks = history.slice(0, -1);
  let open = [...(history.at(-1) ?? [])];
  let last = open.at(-1)?.media ?? -1;
  for (const frame of frames) {
    if (frame.media <= last) continue;
    last = frame.media;
    if (open.length === CHUNK_FRAMES) {
      chunks.push(open);
      open = [];
    }
    open.push(frame);
  }
  if (open.length > 0) chunks.push(open);
  return chunks.slice(-MAX_HISTORY_FRAMES / CHUNK_FRAMES);
}

/** Returns the frames whose media time lies in `from..to` seconds, both included. */
export function framesBetween(history: ScoreHistory, from: number, to: number): FrameScores[] {
  return history
    .filter((chunk) => (chunk[0]?.media ?? 0) <= to && (chunk.at(-1)?.media ?? 0) >= from)
    .flatMap((chunk) => chunk.filter((frame) => frame.media >= from && frame.media <= to));
}

/** Returns the frame at `media` seconds or the last one before it. */
export function frameAt(history: ScoreHistory, media: number): FrameScores | null {
  const chunk = history.findLast((candidate) => (candidate[0]?.media ?? 0) <= media);
  return chunk?.findLast((frame) => frame.media <= media) ?? null;
}
