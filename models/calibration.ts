// From a few examples to scores that mean something: a temperature for all labels, a threshold for one.

/**
 * A sample with a known answer: logits of all classes that compete (`logitScale * similarity`), and the true one; several
 * where it is right to choose any of them, as with background prompts.
 */
export interface LabelledLogits {
  readonly logits: ArrayLike<number>;
  readonly truth: number | readonly number[];
}

/** A temperature outside of this says that the samples are odd, not what the model is like. */
const TEMPERATURE_RANGE = { min: 0.05, max: 20 } as const;
/** Samples that the model's own word weighs, unless told otherwise. */
const PRIOR_SAMPLES = 2;

/**
 * Returns the temperature T that makes `softmax(logits / T)` most probable: the minimum of the mean negative
 * log-likelihood (Guo et al. 2017, arXiv 1706.04599), within 0.05..20. Divide the logit scale by it.
 *
 * A handful of samples that are all right would ask for T → 0. So `priorSamples` more are added that answer as the model
 * itself does at T = 1: no samples give 1, few move it a little, many decide. 0 turns this off.
 */
export function fitTemperature(
  samples: readonly LabelledLogits[],
  { priorSamples = PRIOR_SAMPLES }: { priorSamples?: number } = {},
): number {
  if (samples.length === 0) return 1;
  const trust = samples.length / (samples.length + priorSamples);
  const prior = samples.map(({ logits }) => (1 - trust) * expectedLogit(logits, 1));
  // The slope of the likelihood in the sharpness b = 1 / T is Σ E_b[logit] - E_b[logit | truth], the prior mixed in. With
  // one true class per sample it only grows, so that its zero is the minimum, and halving finds it.
  const slope = (sharpness: number) =>
    samples.reduce((sum, { logits, truth }, i) => {
      const right = expectedLogit(trueOnes(logits, truth), sharpness);
      return sum + expectedLogit(logits, sharpness) - trust * right - (prior[i] ?? 0);
    }, 0);
  let low = Math.log(1 / TEMPERATURE_RANGE.max);
  let high = Math.log(1 / TEMPERATURE_RANGE.min);
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (slope(Math.exp(middle)) < 0) low = middle;
    else high = middle;
  }
  return Math.exp(-(low + high) / 2);
}

/** Returns the mean negative log-likelihood of the true classes under `softmax(logits / temperature)`, in nats. */
export function negativeLogLikelihood(samples: readonly LabelledLogits[], temperature = 1): number {
  const total = samples.reduce((sum, { logits, truth }) => {
    const scaled = Array.from(logits, (z) => z / temperature);
    return sum + logSumExp(scaled) - logSumExp(trueOnes(scaled, truth));
  }, 0);
  return samples.length === 0 ? 0 : total / samples.length;
}

/** A threshold for one label, and what it promises. */
export interface FittedThreshold {
  /** 0.01..0.99: the score at or above which the label starts. */
  readonly threshold: number;
  /** Estimated share of right ones among what passes, 0..1, smoothed. */
  readonly precision: number;
  /** Share of the positives that pass, 0..1, as counted. */
  readonly recall: number;
  /** Whether the wanted precision is reached; else this is the threshold that comes nearest. */
  readonly reached: boolean;
}

/**
 * Returns the lowest threshold at which a label's precision is the wanted one, from scores of samples that show it and
 * of samples that do not. Undefined where there are none of either.
 *
 * Thresholds lie midway between neighbouring scores. The rates of passing are counted with half a sample added to
 * either side (Krichevsky and Trofimov), so that no rate of a few samples is 0 or 1: precision = πr / (πr + (1-π)f) with
 * r = (passing positives + ½) / (positives + 1) and f likewise of the negatives. π is `prevalence`, how often the label is
 * true where it will be used; the samples' own share by default.
 */
export function fitThreshold(
  positives: readonly number[],
  negatives: readonly number[],
  options: { wantedPrecision: number; prevalence?: number },
): FittedThreshold | undefined {
  if (positives.length === 0 || negatives.length === 0) return undefined;
  const prevalence = options.prevalence ?? positives.length / (positives.length + negatives.length);
  const candidates = thresholdsBetween([...positives, ...negatives]).map((threshold): FittedThreshold => {
    const right = prevalence * passRate(positives, threshold);
    const wrong = (1 - prevalence) * passRate(negatives, threshold);
    const precision = right / (right + wrong);
    return {
      threshold,
      precision,
      recall: positives.filter((score) => score >= threshold).length / positives.length,
      reached: precision >= options.wantedPrecision,
    };
  });
  const chosen =
    candidates.find(({ reached }) => reached) ??
    candidates.reduce((best, next) => (next.precision > best.precision ? next : best));
  // Of thresholds that let the same samples pass, the one that is furthest from them: bounds may have moved the others.
  const alike = candidates.filter(
    ({ precision, recall }) => precision === chosen.precision && recall === chosen.recall,
  );
  return alike.at(-1);
}

function logSumExp(logits: readonly number[]): number {
  const top = Math.max(...logits);
  return top + Math.log(logits.reduce((sum, z) => sum + Math.exp(z - top), 0));
}

function trueOnes(logits: ArrayLike<number>, truth: number | readonly number[]): number[] {
  return (typeof truth === 'number' ? [truth] : truth).map((i) => logits[i] ?? 0);
}

/** Returns `E[logit]` under `softmax(sharpness * logits)`. */
function expectedLogit(logits: ArrayLike<number>, sharpness: number): number {
  const values = Array.from(logits);
  const top = Math.max(...values);
  const weights = values.map((z) => Math.exp(sharpness * (z - top)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return values.reduce((sum, z, i) => sum + z * (weights[i] ?? 0), 0) / total;
}

/** Returns one threshold below all scores and one between each two neighbours, ascending. */
function thresholdsBetween(scores: readonly number[]): number[] {
  const distinct = [...new Set(scores)].sort((a, b) => a - b);
  const middles = distinct.map((score, i) => ((distinct[i - 1] ?? 0) + score) / 2);
  return middles.map((threshold) => Math.min(0.99, Math.max(0.01, threshold)));
}

function passRate(scores: readonly number[], threshold: number): number {
  return (scores.filter((score) => score >= threshold).length + 0.5) / (scores.length + 1);
}
