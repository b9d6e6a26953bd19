// From a few examples of a label to what they say of it.
import type { LabelExample } from './prompt-bank.ts';
import { averageUnit, dot } from './unit-vectors.ts';

/** How much examples count beside words, and in their place: measured, see `docs/recognition.md`. */
export const EXAMPLE_WEIGHT = { besideWords: 0.5, alone: 1 } as const;

/** Logits between footage that is just like the examples and other footage, at a weight of 1: odds of 400 to 1. */
const SURE_LOGITS = 6;
/** Examples that are no more like each other than that, compared with other footage, have nothing in common. */
const LEAST_CONTRAST = 0.02;

/**
 * Returns what `examples` (per example its frames `[n][D]`) say of a label, told from the frames of `others` `[m][D]`, which
 * do not show it; undefined where there are none, or where the examples are no more like each other than like those.
 *
 * The prototype is the renormalised mean of the examples' mean embeddings. Pictures are more like each other than like any
 * text, by an amount that differs from model to model; so cosines with the prototype count from what other footage has
 * (`centre`), and are stretched (`gain`) so that the examples themselves come to 6 logits more.
 */
export function fitPrototype({
  examples,
  others,
  logitScale,
  evenCosine,
  words,
  weight = words ? EXAMPLE_WEIGHT.besideWords : EXAMPLE_WEIGHT.alone,
}: {
  examples: readonly (readonly Float32Array[])[];
  others: readonly Float32Array[];
  logitScale: number;
  /** The cosine at which a label is as likely as not. Without words, half-way between others and examples comes to it. */
  evenCosine: number;
  /** Whether the words count too. */
  words: boolean;
  weight?: number;
}): LabelExample | undefined {
  if (others.length === 0) return undefined;
  const prototype = averageUnit(examples.map(averageUnit));
  const centre = meanCosine(others, prototype);
  const contrast = meanCosine(examples.flat(), prototype) - centre;
  if (contrast < LEAST_CONTRAST) return undefined;
  const sure = SURE_LOGITS / logitScale;
  return { prototype, gain: sure / contrast, centre, level: evenCosine - sure / 2, words, weight };
}

function meanCosine(frames: readonly Float32Array[], vector: Float32Array): number {
  return frames.reduce((sum, frame) => sum + dot(frame, vector), 0) / frames.length;
}
