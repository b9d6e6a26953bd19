// Whether footage that shows none of the labels is told from footage that shows one; and what a score is worth.
import { fitTemperature, type LabelledLogits } from '../models/calibration.ts';
import { auroc, expectedCalibrationError, type Prediction } from '../models/metrics.ts';
import { shuffled } from './seeded-order.ts';

export interface RejectionReport {
  /** Random halves of the labels that were taken as the label set; the figures are means over them. */
  readonly draws: number;
  /** Area under the ROC curve of the best label's score, clips of the set against all others. */
  readonly auroc: {
    readonly withoutBackground: number;
    readonly withBackground: number;
    /** With the background, and the temperature that the other half of the clips asks for. */
    readonly calibrated: number;
  };
  /** Of the best answer, background included, over all clips. */
  readonly ece: { readonly before: number; readonly after: number };
  readonly temperature: number;
}

export interface RejectionInput {
  /** Per clip its logits: of every label, in the order of `labels`, then of every background prompt. */
  readonly logits: readonly Float64Array[];
  /** Per clip the index of its label; -1 for none. */
  readonly truth: readonly number[];
  readonly labels: number;
}

const DRAWS = 20;

/** Measures rejection: half of the labels is the set, clips of the other half and of none are what is to be rejected. */
export function measureRejection({ logits, truth, labels }: RejectionInput): RejectionReport | undefined {
  const draws = Array.from({ length: DRAWS }, (_, draw) => {
    const order = shuffled([...Array(labels).keys()], draw + 1);
    const set = order.slice(0, Math.ceil(labels / 2));
    const samples = logits.map((row, i): Sample => {
      const own = set.map((label) => row[label] ?? 0);
      return { own, background: [...row.subarray(labels)], truth: set.indexOf(truth[i] ?? -1) };
    });
    return measureDraw(samples, draw + 1);
  });
  const sound = draws.flatMap((draw) => (draw ? [draw] : []));
  if (sound.length === 0) return undefined;
  const mean = (pick: (draw: Draw) => number) =>
    sound.reduce((sum, draw) => sum + pick(draw), 0) / sound.length;
  return {
    draws: sound.length,
    auroc: {
      withoutBackground: mean((draw) => draw.withoutBackground),
      withBackground: mean((draw) => draw.withBackground),
      calibrated: mean((draw) => draw.calibrated),
    },
    ece: { before: mean((draw) => draw.before), after: mean((draw) => draw.after) },
    temperature: mean((draw) => draw.temperature),
  };
}

interface Sample {
  readonly own: readonly number[];
  readonly background: readonly number[];
  /** Index into `own`; -1: none of them. */
  readonly truth: number;
}

interface Draw {
  readonly withoutBackground: number;
  readonly withBackground: number;
  readonly calibrated: number;
  readonly before: number;
  readonly after: number;
  readonly temperature: number;
}

function measureDraw(samples: readonly Sample[], seed: number): Draw | undefined {
  const order = shuffled([...samples.keys()], seed);
  const isFirst = new Set(order.slice(0, Math.floor(order.length / 2)));
  const temperatureFor = (half: (i: number) => boolean) =>
    fitTemperature(samples.filter((_, i) => half(i)).map(toLabelled));
  // Each half is judged with the temperature of the other.
  const [first, second] = [temperatureFor((i) => isFirst.has(i)), temperatureFor((i) => !isFirst.has(i))];
  const temperatureOf = (i: number) => (isFirst.has(i) ? second : first);

  const area = (scoreOf: (sample: Sample, i: number) => number) => {
    const scores = samples.map(scoreOf);
    return auroc(
      scores.filter((_, i) => (samples[i]?.truth ?? -1) >= 0),
      scores.filter((_, i) => (samples[i]?.truth ?? -1) < 0),
    );
  };
  const ece = (temperature: (i: number) => number) =>
    expectedCalibrationError(samples.map((sample, i) => predictionOf(sample, temperature(i))));
  const withoutBackground = area((sample) => bestOf({ ...sample, background: [] }, 1));
  const withBackground = area((sample) => bestOf(sample, 1));
  const calibrated = area((sample, i) => bestOf(sample, temperatureOf(i)));
  if (withoutBackground === undefined || withBackground === undefined || calibrated === undefined)
    return undefined;
  return {
    withoutBackground,
    withBackground,
    calibrated,
    before: ece(() => 1),
    after: ece(temperatureOf),
    temperature: Math.sqrt(first * second),
  };
}

/** The background counts as one class of several logits. */
function toLabelled({ own, background, truth }: Sample): LabelledLogits {
  const nothing = background.map((_, i) => own.length + i);
  return { logits: [...own, ...background], truth: truth < 0 ? nothing : truth };
}

function probabilities({ own, background }: Sample, temperature: number): number[] {
  const scaled = [...own, ...background].map((z) => z / temperature);
  const top = Math.max(...scaled);
  const weights = scaled.map((z) => Math.exp(z - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / total);
  return [...shares.slice(0, own.length), shares.slice(own.length).reduce((sum, share) => sum + share, 0)];
}

function bestOf(sample: Sample, temperature: number): number {
  return Math.max(...probabilities(sample, temperature).slice(0, sample.own.length));
}

function predictionOf(sample: Sample, temperature: number): Prediction {
  const shares = probabilities(sample, temperature);
  const probability = Math.max(...shares);
  const best = shares.indexOf(probability);
  return { probability, correct: best === (sample.truth < 0 ? sample.own.length : sample.truth) };
}
