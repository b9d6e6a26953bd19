// From a label set in words to the unit vectors that frames are compared with.
import { PipelineError } from '../runtime/errors.ts';
import { expandPrompts } from './prompts.ts';
import { averageUnit, dot } from './unit-vectors.ts';

/** What a label set looks like to the text tower: phrases only. */
export interface PromptSet {
  readonly labels: readonly {
    readonly name: string;
    readonly prompts: readonly string[];
    readonly not: readonly string[];
  }[];
  readonly background: readonly string[];
}

/**
 * What examples say of a label: a frame is as near to it as `words + weight * gain * (cosine with the prototype - centre)`.
 * `centre` is the cosine that other footage has with the prototype, so that such footage gains nothing.
 */
export interface LabelExample {
  /** `Float32Array [D]`, unit length. */
  readonly prototype: Float32Array;
  /** Brings cosines with the prototype to the size of cosines with texts. */
  readonly gain: number;
  readonly centre: number;
  /** Stands for the cosine with the words where they do not count. */
  readonly level: number;
  readonly words: boolean;
  readonly weight: number;
}

/** The embedded prompts of a label set; every vector `Float32Array [D]` of unit length. */
export interface PromptVectors {
  readonly dims: number;
  readonly labels: readonly {
    readonly name: string;
    readonly vector: Float32Array;
    readonly not: readonly Float32Array[];
    readonly example?: LabelExample;
  }[];
  readonly background: readonly Float32Array[];
}

/** Returns the unit embedding `[D]` of each text, in order. */
export type EmbedTexts = (texts: readonly string[]) => Promise<readonly Float32Array[]>;

/** Returns the distinct phrases that a label set needs, in a stable order: the keys to cache vectors by. */
export function promptPhrases(set: PromptSet): string[] {
  return [
    ...new Set([...set.labels.flatMap((label) => [...label.prompts, ...label.not]), ...set.background]),
  ];
}

/** Returns the distinct texts that these phrases become: what the text tower has to embed. */
export function promptTexts(phrases: readonly string[], templates: readonly string[]): string[] {
  return [...new Set(phrases.flatMap((phrase) => expandPrompts(phrase, templates)))];
}

/**
 * Returns a unit vector per phrase: the embeddings of its templated texts averaged and renormalised. Calls `embed`
 * once with all distinct texts (not at all for no phrases). A vector depends on nothing but model, templates and phrase.
 */
export async function embedPhrases(
  phrases: readonly string[],
  templates: readonly string[],
  embed: EmbedTexts,
): Promise<Map<string, Float32Array>> {
  const texts = promptTexts(phrases, templates);
  const embeddings = texts.length === 0 ? [] : await embed(texts);
  const byText = new Map(texts.map((text, i) => [text, embeddings[i]]));
  return new Map(
    phrases.map((phrase) => [
      phrase,
      averageUnit(expandPrompts(phrase, templates).map((text) => known(byText, text))),
    ]),
  );
}

/**
 * Returns the vectors of a label set from its phrases' vectors: a label's prompts are averaged and renormalised; its
 * `not` and the background phrases stay apart, each a rival of its own. Rivals that the model cannot tell apart
 * count once.
 * @throws E_INTERNAL when a phrase has no vector
 */
export function assemblePrompts(
  set: PromptSet,
  vectors: { get(phrase: string): Float32Array | undefined },
): PromptVectors {
  const labels = set.labels.map(({ name, prompts, not }) => ({
    name,
    vector: averageUnit(prompts.map((phrase) => known(vectors, phrase))),
    not: distinct(not.map((phrase) => known(vectors, phrase))),
  }));
  const background = distinct(set.background.map((phrase) => known(vectors, phrase)));
  return { dims: labels[0]?.vector.length ?? background[0]?.length ?? 0, labels, background };
}

/** Returns the vectors of a label set, all in one go: {@link embedPhrases}, then {@link assemblePrompts}. */
export async function buildPromptVectors(
  set: PromptSet,
  templates: readonly string[],
  embed: EmbedTexts,
): Promise<PromptVectors> {
  return assemblePrompts(set, await embedPhrases(promptPhrases(set), templates, embed));
}

/** Cosine from which two wordings are one to the model. */
const SAME = 0.98;

function distinct(vectors: readonly Float32Array[]): Float32Array[] {
  const kept: Float32Array[] = [];
  for (const vector of vectors) {
    if (kept.every((other) => dot(other, vector) < SAME)) kept.push(vector);
  }
  return kept;
}

function known(vectors: { get(key: string): Float32Array | undefined }, key: string): Float32Array {
  const vector = vectors.get(key);
  if (vector === undefined) {
    throw new PipelineError('E_INTERNAL', `Expected an embedding of "${key}", got none.`);
  }
  return vector;
}
