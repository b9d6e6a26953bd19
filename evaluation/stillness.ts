// What it does to labels that a frame which did not change takes the embedding before it.
import type { Frame } from '../ingest/decoder.ts';
import { RepeatFinder } from '../ingest/repeats.ts';
import { FILE_WINDOW_FRAMES } from '../ingest/sampler.ts';
import { ranking } from '../models/metrics.ts';
import { DEFAULT_POOLING, POOLINGS, type Pooling } from '../models/pooling.ts';
import type { PromptVectors } from '../models/prompt-bank.ts';
import { type ScoreOptions, scoreSpan } from '../models/scorer.ts';

export interface StillnessReport {
  /** Largest luma difference of a frame that counts as unchanged. */
  readonly threshold: number;
  readonly frames: number;
  /** Share of frames that took the embedding before them, 0..1. */
  readonly reused: number;
  /** Share of frames whose best answer (background included) stayed, 0..1. */
  readonly sameTop1: number;
  /** Share of clips whose best answer stayed, 0..1. */
  readonly sameClipTop1: number;
  /** Largest and mean change of a frame's best score, 0..1. */
  readonly maxScoreChange: number;
  readonly meanScoreChange: number;
}

/** A clip's embeddings `[n][D]`, and per frame which one it would take: its own index, or an earlier one. */
export interface StillClip {
  readonly embeddings: readonly Float32Array[];
  readonly taken: readonly number[];
}

/** Frames pooled around each frame: 3 s at 2 frames/s. */
const SPAN_FRAMES = 6;

/** Collects the frames of one clip as they are decoded, and says which embedding each of them would take. */
export class StillFrames {
  readonly #finder: RepeatFinder;
  readonly taken: number[] = [];
  #window: Frame[] = [];

  constructor(threshold: number) {
    this.#finder = new RepeatFinder({ acrossWindows: false, stillThreshold: threshold });
  }

  add(frame: Frame): void {
    this.#window.push(frame);
    if (this.#window.length === FILE_WINDOW_FRAMES) this.end();
  }

  /** Ends the window under way; call it after the last frame. */
  end(): void {
    const first = this.taken.length;
    const repeats = new Set(this.#finder.pack(this.#window).repeats);
    this.#window.forEach((_, i) => {
      this.taken.push(repeats.has(i) ? (this.taken.at(-1) ?? first) : first + i);
    });
    this.#window = [];
  }
}

/** Compares the scores of clips with every frame embedded and with unchanged ones reused. */
export function measureStillness(
  clips: readonly StillClip[],
  { vectors, scoring, threshold }: { vectors: PromptVectors; scoring: ScoreOptions; threshold: number },
): StillnessReport {
  const options = { ...scoring, pooling: POOLINGS[DEFAULT_POOLING] };
  const compared = clips.map((clip) => compareClip(clip, vectors, options));
  const changes = compared.flatMap(({ frames }) => frames);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return {
    threshold,
    frames: changes.length,
    reused: mean(clips.flatMap(({ taken }) => taken.map((at, i) => (at === i ? 0 : 1)))),
    sameTop1: mean(changes.map(({ isSame }) => (isSame ? 1 : 0))),
    sameClipTop1: mean(compared.map(({ isSame }) => (isSame ? 1 : 0))),
    maxScoreChange: Math.max(0, ...changes.map(({ change }) => change)),
    meanScoreChange: mean(changes.map(({ change }) => change)),
  };
}

interface Change {
  readonly isSame: boolean;
  readonly change: number;
}

function compareClip(
  { embeddings, taken }: StillClip,
  vectors: PromptVectors,
  options: ScoreOptions & { pooling: Pooling },
): Change & { readonly frames: readonly Change[] } {
  const reused = taken.flatMap((at) => embeddings[at] ?? []);
  const compare = (before: readonly Float32Array[], after: readonly Float32Array[]): Change => {
    const [a, b] = [scoreSpan(before, vectors, options), scoreSpan(after, vectors, options)];
    const [all, others] = [
      [...a.scores, a.background],
      [...b.scores, b.background],
    ];
    const best = ranking(all)[0] ?? 0;
    return {
      isSame: best === ranking(others)[0],
      change: Math.abs((all[best] ?? 0) - (others[best] ?? 0)),
    };
  };
  const frames = embeddings.map((_, i) => {
    const from = Math.max(0, i + 1 - SPAN_FRAMES);
    return compare(embeddings.slice(from, i + 1), reused.slice(from, i + 1));
  });
  return { ...compare(embeddings, reused), frames };
}
