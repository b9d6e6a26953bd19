// How many clips are recognised, by prompts and by pooling.
import { confusionPairs, meanClassAccuracy, ranking, topKAccuracy } from '../models/metrics.ts';
import { DEFAULT_POOLING, meanPooling, POOLINGS, type PoolingName } from '../models/pooling.ts';
import { centreFrame, poolClips, viewClips } from './clip-similarities.ts';

/** Shares of clips, 0..1. */
export interface Accuracy {
  readonly n: number;
  readonly top1: number;
  readonly top5: number;
  readonly meanClassAccuracy: number;
}

export interface AccuracyReport extends Accuracy {
  readonly byPooling: Readonly<Record<string, Accuracy>>;
  /** Per template set, with the default pooling; `plain` is the label alone as the one prompt. */
  readonly byPrompts: Readonly<Record<string, Accuracy>>;
  /** The frame in the middle alone against all frames pooled. */
  readonly centreFrame: Accuracy;
  readonly perClass: readonly ClassAccuracy[];
  /** Pairs of labels that are taken for each other, worst first. */
  readonly confusions: readonly ConfusedLabels[];
  readonly clips: readonly ClipResult[];
}

export interface ClassAccuracy {
  readonly label: string;
  readonly n: number;
  readonly top1: number;
  readonly top5: number;
}

export interface ConfusedLabels {
  readonly label: string;
  readonly takenFor: string;
  readonly count: number;
  /** Of all clips of `label`, 0..1. */
  readonly share: number;
}

export interface ClipResult {
  readonly file: string;
  readonly label: string;
  readonly predicted: string;
  /** Place of the right label, 1 for the best. */
  readonly rank: number;
}

export interface AccuracyInput {
  readonly clips: readonly {
    readonly file: string;
    readonly label: string;
    readonly embeddings: readonly Float32Array[];
  }[];
  /** What each clip may be; every clip's label is among them. */
  readonly labels: readonly string[];
  /** Vectors of the labels `[labels][D]` per template set. */
  readonly vectors: ReadonlyMap<string, readonly Float32Array[]>;
  /** The template set of the default strategy. */
  readonly prompts: string;
  readonly logitScale: number;
}

const CONFUSIONS = 20;

/** Measures the default strategy (default pooling, the set `prompts`), and what other prompts and poolings give. */
export function measureAccuracy(input: AccuracyInput): AccuracyReport {
  const { clips, labels, vectors, prompts, logitScale } = input;
  const texts = vectors.get(prompts) ?? [];
  const truth = clips.map(({ label }) => labels.indexOf(label));
  const frames = clips.map(({ embeddings }) => embeddings);
  const views = viewClips(frames, texts);
  const by = (pooling: PoolingName) => views.map((view) => POOLINGS[pooling](view, logitScale));
  const main = by(DEFAULT_POOLING);
  const centre = poolClips(frames.map(centreFrame), texts, { pooling: meanPooling, logitScale });
  const names = Object.keys(POOLINGS) as PoolingName[];
  const ranked = main.map(ranking);
  return {
    ...accuracyOf(main, truth),
    byPooling: Object.fromEntries(names.map((name) => [name, accuracyOf(by(name), truth)])),
    byPrompts: Object.fromEntries(
      [...vectors].map(([name, own]) => [
        name,
        accuracyOf(
          name === prompts
            ? main
            : poolClips(frames, own, { pooling: POOLINGS[DEFAULT_POOLING], logitScale }),
          truth,
        ),
      ]),
    ),
    centreFrame: accuracyOf(centre, truth),
    perClass: perClass(ranked, truth, labels),
    confusions: confusionPairs(
      ranked.map(([best = -1]) => best),
      truth,
    )
      .slice(0, CONFUSIONS)
      .map(({ truth: actual, predicted, count, share }) => ({
        label: labels[actual] ?? '',
        takenFor: labels[predicted] ?? '',
        count,
        share,
      })),
    clips: clips.map(({ file, label }, i) => ({
      file,
      label,
      predicted: labels[ranked[i]?.[0] ?? -1] ?? '',
      rank: (ranked[i]?.indexOf(truth[i] ?? -1) ?? -1) + 1,
    })),
  };
}

function accuracyOf(scores: readonly Float64Array[], truth: readonly number[]): Accuracy {
  const predicted = scores.map((row) => ranking(row)[0] ?? -1);
  return {
    n: scores.length,
    top1: topKAccuracy(scores, truth, 1),
    top5: topKAccuracy(scores, truth, 5),
    meanClassAccuracy: meanClassAccuracy(predicted, truth),
  };
}

function perClass(
  ranked: readonly number[][],
  truth: readonly number[],
  labels: readonly string[],
): ClassAccuracy[] {
  return labels.flatMap((label, i) => {
    const own = ranked.filter((_, clip) => truth[clip] === i);
    if (own.length === 0) return [];
    const within = (k: number) => own.filter((order) => order.slice(0, k).includes(i)).length / own.length;
    return [{ label, n: own.length, top1: within(1), top5: within(5) }];
  });
}
