// How good actions are: found events against true spans. Times are media seconds.

/** A label from `start` to `end`. */
export interface Span {
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

/** An action that was found; `toldAt` is the media time at which its start was told. */
export interface FoundSpan extends Span {
  readonly toldAt: number;
}

/** A true span and the found one that was taken for it; indices into the lists. */
export interface SpanMatch {
  readonly truth: number;
  readonly found: number;
  readonly iou: number;
}

/** Returns how much two spans overlap: intersection over union, 0..1, whatever their labels. */
export function spanIou(a: Omit<Span, 'label'>, b: Omit<Span, 'label'>): number {
  const shared = Math.min(a.end, b.end) - Math.max(a.start, b.start);
  if (shared <= 0) return 0;
  return shared / (a.end - a.start + (b.end - b.start) - shared);
}

/**
 * Returns pairs of spans of one label that overlap by at least `minIou`, each span in one pair at the most: the best
 * overlap is paired first (greedy), equal ones in the order of the lists.
 */
export function matchSpans(truth: readonly Span[], found: readonly Span[], minIou: number): SpanMatch[] {
  const candidates = truth
    .flatMap((real, t) =>
      found.map((guess, f) => ({
        truth: t,
        found: f,
        iou: real.label === guess.label ? spanIou(real, guess) : 0,
      })),
    )
    .filter(({ iou }) => iou > 0 && iou >= minIou)
    .sort((a, b) => b.iou - a.iou);
  const takenTruth = new Set<number>();
  const takenFound = new Set<number>();
  return candidates.filter((match) => {
    if (takenTruth.has(match.truth) || takenFound.has(match.found)) return false;
    takenTruth.add(match.truth);
    takenFound.add(match.found);
    return true;
  });
}

export interface EventScores {
  readonly matched: number;
  /** 0..1. With nothing to find and nothing found all three are 1. */
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Mean over the true spans that were noticed; undefined where none was. */
  readonly meanDelaySeconds: number | undefined;
  readonly falsePerMinute: number;
}

/**
 * Returns how well `found` tells `truth`, over `seconds` of media.
 *
 * - Precision, recall and F1 count pairs of {@link matchSpans}: an action in two pieces is at best one hit and one miss.
 * - A true span is noticed when a found span of its label overlaps it at all; its delay runs from its start to the
 *   first time that was told, and is 0 where it had been told before.
 * - A false event overlaps no true span of its label; a piece of a true one is not false.
 */
export function scoreEvents(
  truth: readonly Span[],
  found: readonly FoundSpan[],
  options: { minIou: number; seconds: number },
): EventScores {
  const matched = matchSpans(truth, found, options.minIou).length;
  const touches = (a: Span, b: Span) => a.label === b.label && spanIou(a, b) > 0;
  const delays = truth.flatMap((real) => {
    const told = found.filter((guess) => touches(real, guess)).map(({ toldAt }) => toldAt);
    return told.length === 0 ? [] : [Math.max(0, Math.min(...told) - real.start)];
  });
  const falseEvents = found.filter((guess) => !truth.some((real) => touches(real, guess))).length;
  return {
    matched,
    precision: share(matched, found.length),
    recall: share(matched, truth.length),
    f1: share(2 * matched, truth.length + found.length),
    meanDelaySeconds:
      delays.length === 0 ? undefined : delays.reduce((sum, delay) => sum + delay, 0) / delays.length,
    falsePerMinute: falseEvents / (options.seconds / 60),
  };
}

/** Nothing of nothing is all of it. */
function share(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}
