// The moments that an answer about the past is made of.
import type { FrameScores } from '../protocol/event.ts';

/** Moments this close to a better one are the same moment. */
const APART_SECONDS = 3;

/** Where a label scores best. */
export interface Moment {
  label: string;
  /** Media seconds. */
  media: number;
  /** 0..1. */
  score: number;
}

/** Returns the best moments above the background, best first, at most `count`, those of one label some seconds apart. */
export function bestMoments(frames: readonly FrameScores[], count = 8): Moment[] {
  const candidates = frames
    .flatMap(({ media, top, background }) =>
      top.filter(({ score }) => score > background).map(({ label, score }) => ({ label, media, score })),
    )
    .toSorted((a, b) => b.score - a.score);
  const best: Moment[] = [];
  for (const moment of candidates) {
    const near = best.some(
      (other) => other.label === moment.label && Math.abs(other.media - moment.media) < APART_SECONDS,
    );
    if (!near) best.push(moment);
    if (best.length === count) break;
  }
  return best;
}
