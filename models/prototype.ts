// From a few examples of a label to what they say of it.
import type { LabelExample } from './prompt-bank.ts';
import { averageUnit, dot } from './unit-vectors.ts';

/** How much examples count beside words, and in their place: measured, see `docs/recognition.md`. */
export const EXAMPLE_WEIGHT = { besideWords: 0.5, alone: 1 } as const;

/**
 * Returns what `examples` (per example its frames `[n][D]`) say of a label whose words are `text` `[D]`, told from the
 * frames of `others` `[m][D]`, which do not show it; undefined where those are too few or too alike to tell anything from.
 *
 * The prototype is the renormalised mean of the examples' mean embeddings. Embeddings of pictures are more like each other
 * than like any text, by an amount that differs from model to model; so cosines with the prototype are counted from what
 * other footage has (`centre`) and brought to the spread that cosines with the words have over it (`gain`).
 */
export function fitPrototype({
  examples,
  others,
  text,
  words,
  weight = words ? EXAMPLE_WEIGHT.besideWords : EXAMPLE_WEIGHT.alone,
}: {
  examples: readonly (readonly Float32Array[])[];
  others: readonly Float32Array[];
  text: Float32Array;
  /** Whether the words count too. */
  words: boolean;
  weight?: number;
}): LabelExample | undefined {
  const prototype = averageUnit(examples.map(averageUnit));
  const shown = spreadOf(others.map((frame) => dot(frame, prototype)));
  const said = spreadOf(others.map((frame) => dot(frame, text)));
  if (others.length < 2 || shown.deviation < 1e-6 || said.deviation < 1e-6) return undefined;
  return {
    prototype,
    gain: said.deviation / shown.deviation,
    centre: shown.mean,
    level: said.mean,
    words,
    weight,
  };
}

/** Returns mean and standard deviation (of the population). */
function spreadOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length)) };
}
