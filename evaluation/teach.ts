// Clips that show labels → examples that a label set carries.

import type { ModelDescription } from '../models/description.ts';
import { toFloat16 } from '../models/float16.ts';
import type { LabelExample, PromptVectors } from '../models/prompt-bank.ts';
import { fitPrototype } from '../models/prototype.ts';
import { dot } from '../models/unit-vectors.ts';
import type { LabelExamples } from '../protocol/labels.ts';
import { pickEvenly } from './dataset.ts';

/** Frames of a clip that prototypes of other labels are told from at the most. */
const FRAMES_PER_CLIP = 20;

export interface TeachInput {
  /** `label`: index of what the clip shows; -1 for none of the labels. */
  readonly clips: readonly { readonly label: number; readonly embeddings: readonly Float32Array[] }[];
  readonly vectors: PromptVectors;
  readonly model: Pick<ModelDescription, 'id' | 'logitScale' | 'logitBias' | 'scoring'>;
  readonly words: boolean;
  readonly weight?: number | undefined;
}

/**
 * Returns per label what its clips say of it; undefined for a label without clips, and for one that has no clips of
 * something else to be told from.
 */
export function teach({ clips, vectors, model, words, weight }: TeachInput): (LabelExamples | undefined)[] {
  return vectors.labels.map(({ vector }, label) => {
    const own = clips.filter((clip) => clip.label === label);
    if (own.length === 0) return undefined;
    const others = clips.flatMap((clip) =>
      clip.label === label ? [] : pickEvenly(clip.embeddings, FRAMES_PER_CLIP),
    );
    const rivals = vectors.background.length > 0 ? vectors.background : [vector];
    const example = fitPrototype({
      examples: own.map(({ embeddings }) => embeddings),
      others,
      logitScale: model.logitScale,
      evenCosine: evenCosine(others, rivals, model),
      words,
      ...(weight === undefined ? {} : { weight }),
    });
    return example && encodeExample(example, { model: model.id, count: own.length });
  });
}

/** Where a label is as likely as not: as near as the background, or, for a sigmoid, where the logit is 0. */
function evenCosine(
  others: readonly Float32Array[],
  rivals: readonly Float32Array[],
  { scoring, logitScale, logitBias }: TeachInput['model'],
): number {
  if (scoring === 'sigmoid') return -logitBias / logitScale;
  const cosines = others.flatMap((frame) => rivals.map((rival) => dot(frame, rival)));
  return cosines.reduce((sum, cosine) => sum + cosine, 0) / Math.max(1, cosines.length);
}

/** Returns the form in which a label set carries an example. */
export function encodeExample(
  { prototype, gain, centre, level, words, weight }: LabelExample,
  { model, count }: { model: string; count: number },
): LabelExamples {
  const halves = toFloat16(prototype);
  const bytes = Buffer.from(halves.buffer, halves.byteOffset, halves.byteLength);
  const round = (value: number) => Number(value.toPrecision(6));
  return {
    model,
    prototype: bytes.toString('base64'),
    gain: round(gain),
    centre: round(centre),
    level: round(level),
    words,
    weight,
    count,
  };
}
