// How good scores are: accuracy, confusion, ranking, reliability. Classes are indices into the list of labels.

/** Scores of a sample against a list of labels, in the order of the labels. */
type Scores = ArrayLike<number>;

/**
 * Returns the indices of scores, best first; equal scores keep the order of the labels, as events show them.
 */
export function ranking(scores: Scores): number[] {
  return Array.from(scores, (_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
}

/** Returns the share (0..1) of samples whose true class is among their `k` best scores; 0 for no samples. */
export function topKAccuracy(samples: readonly Scores[], truth: readonly number[], k: number): number {
  return mean(
    samples.map((scores, i) =>
      ranking(scores)
        .slice(0, k)
        .includes(truth[i] ?? -1)
        ? 1
        : 0,
    ),
  );
}

/** Returns the mean over classes that occur in `truth` of the share of their samples predicted right (0..1). */
export function meanClassAccuracy(predicted: readonly number[], truth: readonly number[]): number {
  const byClass = grouped([...truth.keys()], (i) => truth[i]);
  return mean(
    [...byClass.values()].map((samples) => mean(samples.map((i) => (predicted[i] === truth[i] ? 1 : 0)))),
  );
}

/** A class taken for another one. */
export interface Confusion {
  readonly truth: number;
  readonly predicted: number;
  /** Samples of `truth` predicted as `predicted`, and their share of all samples of `truth` (0..1). */
  readonly count: number;
  readonly share: number;
}

/** Returns the pairs of classes that are taken for each other: most samples first, then the larger share. */
export function confusionPairs(predicted: readonly number[], truth: readonly number[]): Confusion[] {
  return [...grouped([...truth.keys()], (i) => truth[i])]
    .flatMap(([actual, samples]) =>
      [...grouped(samples, (i) => predicted[i])].map(([guess, { length: count }]) => ({
        truth: actual ?? -1,
        predicted: guess ?? -1,
        count,
        share: count / samples.length,
      })),
    )
    .filter((pair) => pair.truth !== pair.predicted)
    .sort((a, b) => b.count - a.count || b.share - a.share || a.truth - b.truth || a.predicted - b.predicted);
}

/**
 * Returns the area under the ROC curve: the chance that a positive scores above a negative, ties counting half
 * (Mann and Whitney's U / mn). Undefined where there is no positive or no negative.
 */
export function auroc(positives: readonly number[], negatives: readonly number[]): number | undefined {
  if (positives.length === 0 || negatives.length === 0) return undefined;
  const sorted = Float64Array.from(negatives).sort();
  const won = positives.map((score) => {
    const below = countWhile(sorted, (negative) => negative < score);
    const upTo = countWhile(sorted, (negative) => negative <= score);
    return (below + upTo) / 2;
  });
  return mean(won) / negatives.length;
}

/** A probability that was stated, and whether it came true. */
export interface Prediction {
  readonly probability: number;
  readonly correct: boolean;
}

/** Predictions whose probability lies in (from, to]; the first bin holds 0 too. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean stated probability and share that came true, 0..1; both 0 for an empty bin. */
  readonly confidence: number;
  readonly accuracy: number;
}

/** Returns the reliability diagram: `bins` bins of equal width over 0..1. */
export function reliability(predictions: readonly Prediction[], bins = 10): ReliabilityBin[] {
  const last = bins - 1;
  const byBin = grouped(predictions, ({ probability }) =>
    Math.min(last, Math.max(0, Math.ceil(probability * bins) - 1)),
  );
  return Array.from({ length: bins }, (_, i) => {
    const inside = byBin.get(i) ?? [];
    return {
      from: i / bins,
      to: (i + 1) / bins,
      count: inside.length,
      confidence: mean(inside.map(({ probability }) => probability)),
      accuracy: mean(inside.map(({ correct }) => (correct ? 1 : 0))),
    };
  });
}

/**
 * Returns the expected calibration error, 0..1: the mean distance between what was stated and what came true, over
 * bins of equal width weighted by their predictions (Guo et al. 2017, arXiv 1706.04599).
 */
export function expectedCalibrationError(predictions: readonly Prediction[], bins = 10): number {
  if (predictions.length === 0) return 0;
  return reliability(predictions, bins).reduce(
    (sum, bin) => sum + (bin.count / predictions.length) * Math.abs(bin.accuracy - bin.confidence),
    0,
  );
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Returns how many of the ascending values come before the first for which `holds` is false. */
function countWhile(sorted: Float64Array, holds: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle] ?? Number.POSITIVE_INFINITY)) low = middle + 1;
    else high = middle;
  }
  return low;
}
