// label set → vectors. Each phrase goes through the text tower once per worker and template set.
import { fromFloat16 } from '../models/float16.ts';
import {
  assemblePrompts,
  embedPhrases,
  type LabelExample,
  type PromptVectors,
  promptPhrases,
} from '../models/prompt-bank.ts';
import { DEFAULT_BACKGROUND, type TemplateSets, templatesOf } from '../models/prompts.ts';
import { averageUnit } from '../models/unit-vectors.ts';
import type { Label, LabelExamples, LabelSet } from '../protocol/labels.ts';
import { PipelineError } from '../runtime/errors.ts';

/** Phrases and label sets kept, least recently used out first: 20,000 × 512 floats are 40 MB. */
const MAX_PHRASES = 20_000;
const MAX_LABEL_SETS = 256;
const TEXTS_PER_RUN = 64;

export interface PromptCacheOptions {
  /** The model that embeds; examples of another one are refused. */
  readonly model: string;
  readonly templateSets: TemplateSets;
  /** Returns unit embeddings `[texts.length, D]`. */
  readonly embedTexts: (texts: readonly string[]) => Promise<Float32Array>;
}

/** The part of a label set that decides its vectors. */
export type PromptWords = Pick<LabelSet, 'labels' | 'templates' | 'background'>;

/** Returns vectors for label sets, embedding only phrases that it has not seen. */
export class PromptCache {
  readonly #options: PromptCacheOptions;
  readonly #phrases = new LruMap<string, Float32Array>(MAX_PHRASES);
  readonly #labelSets = new LruMap<string, Promise<PromptVectors>>(MAX_LABEL_SETS);

  constructor(options: PromptCacheOptions) {
    this.#options = options;
  }

  /** @throws E_LABELS_INVALID for a template set that this worker does not know, and examples of another model; E_INFERENCE */
  vectorsFor(words: PromptWords): Promise<PromptVectors> {
    const labels = words.labels.map(({ name, prompts, not }) => ({ name, prompts, not }));
    const set = { labels, background: words.background ?? DEFAULT_BACKGROUND };
    const examples = words.labels.map((label) => label.examples ?? null);
    const key = JSON.stringify([set, words.templates, examples]);
    const known = this.#labelSets.get(key);
    if (known) return known;
    const vectors = this.#embed(promptPhrases(set), words.templates)
      .then((all) => assemblePrompts(set, all))
      .then((assembled) => this.#withExamples(assembled, words.labels));
    this.#labelSets.set(key, vectors);
    vectors.catch(() => this.#labelSets.delete(key));
    return vectors;
  }

  #withExamples(vectors: PromptVectors, labels: readonly Label[]): PromptVectors {
    const { model } = this.#options;
    return {
      ...vectors,
      labels: vectors.labels.map((label, i) => {
        const examples = labels[i]?.examples;
        if (!examples) return label;
        return { ...label, example: readExample(examples, { model, dims: vectors.dims, name: label.name }) };
      }),
    };
  }

  async #embed(phrases: readonly string[], setName: string): Promise<ReadonlyMap<string, Float32Array>> {
    const templates = templatesOf(this.#options.templateSets, setName);
    const keyOf = (phrase: string) => JSON.stringify([setName, phrase]);
    const missing = phrases.filter((phrase) => !this.#phrases.get(keyOf(phrase)));
    const fresh = await embedPhrases(missing, templates, (texts) => this.#embedTexts(texts));
    const vectors = new Map<string, Float32Array>();
    for (const phrase of phrases) {
      const vector = fresh.get(phrase) ?? this.#phrases.get(keyOf(phrase));
      if (!vector) continue;
      this.#phrases.set(keyOf(phrase), vector);
      vectors.set(phrase, vector);
    }
    return vectors;
  }

  async #embedTexts(texts: readonly string[]): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (let i = 0; i < texts.length; i += TEXTS_PER_RUN) {
      const run = texts.slice(i, i + TEXTS_PER_RUN);
      const embeddings = await this.#options.embedTexts(run);
      const dims = embeddings.length / run.length;
      for (let j = 0; j < run.length; j++) vectors.push(embeddings.slice(j * dims, (j + 1) * dims));
    }
    return vectors;
  }
}

function readExample(
  { prototype, gain, centre, level, words, weight, model }: LabelExamples,
  expected: { model: string; dims: number; name: string },
): LabelExample {
  const bytes = new Uint8Array(Buffer.from(prototype, 'base64'));
  if (model !== expected.model || bytes.length !== expected.dims * 2) {
    throw new PipelineError(
      'E_LABELS_INVALID',
      `Expected the examples of "${expected.name}" to be ${expected.dims} numbers made by ${expected.model}, got ${bytes.length / 2} made by ${model}.`,
    );
  }
  const vector = averageUnit([fromFloat16(new Uint16Array(bytes.buffer))]);
  return { prototype: vector, gain, centre, level, words, weight };
}

/** A Map with a bound, whose least recently used entry goes first. */
class LruMap<K, V> {
  readonly #max: number;
  readonly #entries = new Map<K, V>();

  constructor(max: number) {
    this.#max = max;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }
}
