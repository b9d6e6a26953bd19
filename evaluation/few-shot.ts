// What a few examples add to the words of a label.
import { ranking } from '../models/metrics.ts';
import { DEFAULT_POOLING, POOLINGS } from '../models/pooling.ts';
import type { LabelExample, PromptVectors } from '../models/prompt-bank.ts';
import { fitPrototype } from '../models/prototype.ts';
import { comparedTexts, logitsOf } from '../models/scorer.ts';
import { poolClips } from './clip-similarities.ts';
import { pickEvenly } from './dataset.ts';
import { shuffled } from './seeded-order.ts';

/** Top-1 among the labels that were shown k examples. */
export interface FewShotResult {
  readonly k: number;
  /**
   * `clips`: examples and tests are different clips. `parts`: too few clips a label for that, so the examples are parts of
   * the first half of a clip and the test is its second half: the same people in the same place, which flatters.
   */
  readonly unit: 'clips' | 'parts';
  readonly labels: number;
  /** Tests per draw, and random draws of examples; the figures are means over the draws. */
  readonly tests: number;
  readonly draws: number;
  readonly words: number;
  readonly wordsAndExamples: number;
  readonly examplesAlone: number;
}

export interface FewShotInput {
  readonly clips: readonly { readonly label: string; readonly embeddings: readonly Float32Array[] }[];
  readonly labels: readonly string[];
  /** `[labels][D]`. */
  readonly texts: readonly Float32Array[];
  readonly logitScale: number;
}

const SHOTS = [1, 2, 4, 8] as const;
const DRAWS = { few: 10, many: 3 } as const;
/** Tests of a draw; of more as many, evenly spread. With more than a hundred, fewer draws are as good. */
const TESTS_MAX = 300;
const TESTS_MANY = 100;
/** Frames of an example that other labels' prototypes are told from. */
const FRAMES_PER_EXAMPLE = 8;

type Frames = readonly Float32Array[];
interface Draw {
  /** Label index → its examples. */
  readonly shown: ReadonlyMap<number, readonly Frames[]>;
  readonly tests: readonly { readonly label: number; readonly frames: Frames }[];
}

/** Measures k = 1, 2, 4 and 8, with whole clips where two labels or more have enough, and with parts of clips. */
export function measureFewShot(input: FewShotInput): FewShotResult[] {
  return SHOTS.flatMap((k) =>
    (['clips', 'parts'] as const).flatMap((unit) => {
      const draw = unit === 'clips' ? drawClips : drawParts;
      const isMany = draw(input, k, 1).tests.length > TESTS_MANY;
      const draws = Array.from({ length: isMany ? DRAWS.many : DRAWS.few }, (_, seed) =>
        draw(input, k, seed + 1),
      ).filter(({ shown, tests }) => shown.size >= 2 && tests.length > 0);
      const [first] = draws;
      if (!first) return [];
      const results = draws.map((draw) => judge(draw, input));
      const mean = (pick: (result: Judged) => number) =>
        results.reduce((sum, result) => sum + pick(result), 0) / results.length;
      return [
        {
          k,
          unit,
          labels: first.shown.size,
          tests: Math.min(TESTS_MAX, first.tests.length),
          draws: draws.length,
          words: mean(({ words }) => words),
          wordsAndExamples: mean(({ both }) => both),
          examplesAlone: mean(({ alone }) => alone),
        },
      ];
    }),
  );
}

function drawClips({ clips, labels }: FewShotInput, k: number, seed: number): Draw {
  const shown = new Map<number, readonly Frames[]>();
  const tests: { label: number; frames: Frames }[] = [];
  labels.forEach((name, label) => {
    const own = shuffled(
      clips.filter((clip) => clip.label === name).map(({ embeddings }) => embeddings),
      seed * 1_000 + label,
    );
    if (own.length <= k) return;
    shown.set(label, own.slice(0, k));
    for (const frames of own.slice(k)) tests.push({ label, frames });
  });
  return { shown, tests };
}

function drawParts({ clips, labels }: FewShotInput, k: number, seed: number): Draw {
  const shown = new Map<number, readonly Frames[]>();
  const tests: { label: number; frames: Frames }[] = [];
  labels.forEach((name, label) => {
    const own = clips.filter((clip) => clip.label === name && clip.embeddings.length >= 2 * k);
    const [clip] = shuffled(own, seed * 1_000 + label);
    if (!clip) return;
    const half = Math.floor(clip.embeddings.length / 2);
    const cut = (part: number) => Math.floor((part * half) / k);
    shown.set(
      label,
      Array.from({ length: k }, (_, part) => clip.embeddings.slice(cut(part), cut(part + 1))),
    );
    tests.push({ label, frames: clip.embeddings.slice(half) });
  });
  return { shown, tests };
}

interface Judged {
  readonly words: number;
  readonly both: number;
  readonly alone: number;
}

function judge({ shown, tests: all }: Draw, { labels, texts, logitScale }: FewShotInput): Judged {
  const tests = pickEvenly(all, TESTS_MAX);
  const frames = tests.map((test) => test.frames);
  const known = [...shown.keys()];
  const accuracy = (words: boolean | undefined) => {
    const vectors: PromptVectors = {
      dims: texts[0]?.length ?? 0,
      labels: known.map((label) => {
        const name = labels[label] ?? '';
        const text = texts[label] ?? new Float32Array();
        const example = words === undefined ? undefined : exampleOf({ shown, label, logitScale, words });
        return { name, vector: text, not: [], ...(example ? { example } : {}) };
      }),
      background: [],
    };
    const pooled = poolClips(frames, comparedTexts(vectors), {
      pooling: POOLINGS[DEFAULT_POOLING],
      logitScale,
    });
    const right = pooled.filter(
      (row, i) => known[ranking(logitsOf(row, vectors, { logitScale }).own)[0] ?? -1] === tests[i]?.label,
    );
    return right.length / tests.length;
  };
  return { words: accuracy(undefined), both: accuracy(true), alone: accuracy(false) };
}

function exampleOf({
  shown,
  label,
  logitScale,
  words,
}: {
  shown: Draw['shown'];
  label: number;
  logitScale: number;
  words: boolean;
}): LabelExample | undefined {
  const examples = shown.get(label);
  if (!examples) return undefined;
  const others = [...shown].flatMap(([other, parts]) =>
    other === label ? [] : parts.flatMap((part) => pickEvenly(part, FRAMES_PER_EXAMPLE)),
  );
  // No background takes part in telling labels apart, so what is even matters alike to all that have no words.
  return fitPrototype({ examples, others, logitScale, evenCosine: 0, words });
}
