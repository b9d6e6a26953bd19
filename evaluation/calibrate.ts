// A few clips that show labels, and some that do not → a temperature, and a threshold per label.
import {
  type FittedThreshold,
  fitTemperature,
  fitThreshold,
  type LabelledLogits,
} from '../models/calibration.ts';
import { auroc, expectedCalibrationError, type Prediction } from '../models/metrics.ts';
import type { PromptVectors } from '../models/prompt-bank.ts';
import type { ScoreOptions, SpanLogits } from '../models/scorer.ts';
import { heldScores, type PooledSpan, poolFrames, spreadLogits, type TimedFrames } from './held-scores.ts';

export interface CalibrationInput {
  /** `label`: index of what the clip shows; -1 for none of the labels. */
  readonly clips: readonly (TimedFrames & { readonly label: number })[];
  readonly vectors: PromptVectors;
  readonly scoring: ScoreOptions;
  readonly poolSeconds: number;
  readonly minOnSeconds: number;
  readonly wantedPrecision: number;
  /** How often a clip like these shows a given label where it will be used; the clips' own share otherwise. */
  readonly prevalence?: number | undefined;
}

export interface LabelCalibration {
  readonly name: string;
  readonly positives: number;
  readonly negatives: number;
  /** Of the score that held: clips that show the label against those that do not. Null where one kind is missing. */
  readonly auroc: number | null;
  readonly fitted: FittedThreshold | null;
}

export interface Calibration {
  readonly temperature: number;
  readonly labels: readonly LabelCalibration[];
  /** Expected calibration error of the best answer, 0..1; `after` with temperatures fitted without the clip in question. */
  readonly ece: { readonly before: number; readonly after: number; readonly predictions: number };
  /** Clips that show a label against those that show none, by the best score that held. Null where one kind is missing. */
  readonly auroc: number | null;
}

/** Spans of one clip that count at the most: a long clip is not many clips. */
const SPANS_PER_CLIP = 10;
/** Parts that clips are divided into, each judged with the temperature of the others. */
const FOLDS = 10;

/** Fits a temperature to all clips, then thresholds to the scores that it gives. */
export function calibrate(input: CalibrationInput): Calibration {
  const { clips, vectors, scoring, poolSeconds } = input;
  const spans = clips.map((clip) =>
    poolFrames(clip, { vectors, logitScale: scoring.logitScale, poolSeconds }),
  );
  const samples = clips.map(({ label }, i) =>
    spreadLogits(spans[i] ?? [], { vectors, scoring, everySeconds: poolSeconds })
      .slice(-SPANS_PER_CLIP)
      .flatMap((logits) => samplesOf(logits, label, scoring)),
  );
  const temperature = fitTemperature(samples.flat());
  const held = spans.map((own) => heldWith(own, { ...input, scoring: { ...scoring, temperature } }));
  const best = held.map((row) => Math.max(...row));
  const shows = (i: number) => (clips[i]?.label ?? -1) >= 0;
  return {
    temperature,
    labels: vectors.labels.map(({ name }, label) => calibrateLabel({ name, label, held, input })),
    ece: foldedError(
      samples,
      clips.map(({ label }) => label),
    ),
    auroc:
      auroc(
        best.filter((_, i) => shows(i)),
        best.filter((_, i) => !shows(i)),
      ) ?? null,
  };
}

function heldWith(spans: readonly PooledSpan[], { vectors, scoring, minOnSeconds }: CalibrationInput) {
  return heldScores(spans, { vectors, scoring, minOnSeconds });
}

function calibrateLabel({
  name,
  label,
  held,
  input,
}: {
  name: string;
  label: number;
  held: readonly Float64Array[];
  input: CalibrationInput;
}): LabelCalibration {
  const { clips, wantedPrecision, prevalence } = input;
  const scoresOf = (isShown: boolean) =>
    held.flatMap((row, i) => ((clips[i]?.label === label) === isShown ? [row[label] ?? 0] : []));
  const [positives, negatives] = [scoresOf(true), scoresOf(false)];
  const options = { wantedPrecision, ...(prevalence === undefined ? {} : { prevalence }) };
  return {
    name,
    positives: positives.length,
    negatives: negatives.length,
    auroc: auroc(positives, negatives) ?? null,
    fitted: fitThreshold(positives, negatives, options) ?? null,
  };
}

/**
 * Returns what a span teaches about the temperature. `softmax`: one sample, all labels and the background compete, the
 * background prompts as one. Otherwise one sample per label: the label against what it is told from.
 */
export function samplesOf(
  { own, nothing, nots }: SpanLogits,
  label: number,
  { scoring, logitBias = 0 }: ScoreOptions,
): LabelledLogits[] {
  if (scoring === 'softmax') {
    const background = [...nothing].map((_, i) => own.length + i);
    // Without background prompts a clip of no label has no right answer.
    if (label < 0 && background.length === 0) return [];
    return [{ logits: [...own, ...nothing], truth: label < 0 ? background : label }];
  }
  return [...own].map((z, i) => {
    const rivals = scoring === 'sigmoid' ? [0] : [...nothing, ...(nots[i] ?? [])];
    const logits = [scoring === 'sigmoid' ? z + logitBias : z, ...rivals];
    return { logits, truth: i === label ? 0 : rivals.map((_, rival) => rival + 1) };
  });
}

/** Labels are spread evenly over the parts, so that what is left for a fit is like what it is judged on. */
function foldedError(
  samples: readonly (readonly LabelledLogits[])[],
  labels: readonly number[],
): Calibration['ece'] {
  const folds = Math.min(FOLDS, samples.length);
  const order = [...labels.keys()].sort((a, b) => (labels[a] ?? 0) - (labels[b] ?? 0) || a - b);
  const part = (fold: number, isInside: boolean) =>
    order.filter((_, at) => (at % folds === fold) === isInside).flatMap((i) => samples[i] ?? []);
  const judged = Array.from({ length: folds }, (_, fold) => {
    const temperature = fitTemperature(part(fold, false));
    return part(fold, true).map(
      (sample) => [predictionOf(sample, 1), predictionOf(sample, temperature)] as const,
    );
  }).flat();
  return {
    before: expectedCalibrationError(judged.map(([before]) => before)),
    after: expectedCalibrationError(judged.map(([, after]) => after)),
    predictions: judged.length,
  };
}

/** The answer that the logits give, right classes taken together where several are right. */
function predictionOf({ logits, truth }: LabelledLogits, temperature: number): Prediction {
  const scaled = Array.from(logits, (z) => z / temperature);
  const top = Math.max(...scaled);
  const weights = scaled.map((z) => Math.exp(z - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const right = new Set(typeof truth === 'number' ? [truth] : truth);
  const share = weights.reduce((sum, weight, i) => (right.has(i) ? sum + weight : sum), 0) / total;
  const wrong = Math.max(0, ...weights.map((weight, i) => (right.has(i) ? 0 : weight / total)));
  return share >= wrong ? { probability: share, correct: true } : { probability: wrong, correct: false };
}
