// The moments that an answer about the past is made of.
import type { PastScores } from '../protocol/ask.ts';

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

/** The part of an answer that is looked at. */
export type PastColumns = Pick<PastScores, 'labels' | 'times' | 'scores' | 'background'>;

/** Returns the best moments above the background, best first, at most `count`, those of one label some seconds apart. */
export function bestMoments({ labels, times, scores, background }: PastColumns, count = 8): Moment[] {
  const candidates = labels
    .flatMap((label, row) => times.map((media, i) => ({ label, media, score: scores[row]?.[i] ?? 0, i })))
    .filter(({ score, i }) => score > (background[i] ?? 0))
    .toSorted((a, b) => b.score - a.score);
  const best: Moment[] = [];
  for (const moment of candidates) {
    const near = best.some(
      (other) => other.label === moment.label && Math.abs(other.media - moment.media) < APART_SECONDS,
    );
    if (!near) best.push({ label: moment.label, media: moment.media, score: moment.score });
    if (best.length === count) break;
  }
  return best;
}
