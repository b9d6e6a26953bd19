// Frames and texts → unit vectors in the model's joint space. Called inside a worker_thread: a run blocks its thread.
import { PipelineError } from '../runtime/errors.ts';
import type { ModelDescription } from './description.ts';
import type { Dtype } from './dtype.ts';
import { normalisePixels, pixelTable } from './preprocess.ts';
import type { Provider } from './provider.ts';
import { type Input, openTower, type SessionOptions, type TowerSession } from './session.ts';
import { loadTokenizer, type TextTokenizer } from './tokenizer.ts';
import { dot } from './unit-vectors.ts';

export interface Embedder {
  /** Where the image tower runs. */
  readonly provider: Provider;
  readonly dtype: Dtype;
  /** Why `auto` did not choose a GPU; undefined where it did or was not asked. */
  readonly note: string | undefined;
  readonly dims: number;
  /** Embeds `pixels`, Uint8Array [count, S, S, 3] RGB, in one run. Returns Float32Array [count, D], each row of length 1. @throws E_INFERENCE */
  embedImages(pixels: Uint8Array, count: number): Promise<Float32Array>;
  /** Embeds texts as they are, without templates. Returns Float32Array [texts, D], each row of length 1. @throws E_INFERENCE */
  embedTexts(texts: readonly string[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Texts of one run: bounds the memory of a text tower (about 1 MB a text at 77 tokens). */
const TEXT_BATCH = 32;
/** Padding is left out where it moves an embedding less than float rounding does. */
const PADDING_TOLERANCE = 1e-4;
/** Long enough to have a middle, short enough to need padding. */
const PADDING_PROBE = 'a video of a person playing the guitar';

/**
 * Loads the image tower of `model` at once, and the text tower when the first text comes.
 * @throws E_MODEL_FILES when the files do not load or do not fit the description
 * @throws E_CONFIG when the provider asked for cannot be used
 */
export async function createEmbedder(model: ModelDescription, options: SessionOptions): Promise<Embedder> {
  const { dims } = model;
  const { sizePx } = model.geometry;
  const vision = await openTower(model, 'vision', options);
  checkImageInput(vision, model);
  const table = pixelTable(model);
  let texts: Promise<TextEmbedder> | undefined;
  let spare: Float32Array | undefined;

  return {
    provider: vision.provider,
    dtype: vision.dtype,
    note: vision.note,
    dims,
    async embedImages(pixels, count) {
      const length = count * sizePx * sizePx * 3;
      if (pixels.length !== length) {
        throw new PipelineError(
          'E_INFERENCE',
          `Expected ${length} bytes for ${count} frames, got ${pixels.length}.`,
        );
      }
      if (count === 0) return new Float32Array(0);
      // One tensor is kept for the next call; a call that overlaps makes its own.
      const buffer = spare !== undefined && spare.length >= length ? spare : new Float32Array(length);
      spare = undefined;
      const values = normalisePixels(pixels, { table, sizePx, into: buffer }).subarray(0, length);
      try {
        return toUnitRows(
          await vision.run({ pixel_values: { values, shape: [count, 3, sizePx, sizePx] } }, count),
          dims,
        );
      } finally {
        spare = buffer;
      }
    },
    async embedTexts(batch) {
      texts ??= openTextEmbedder(model, options);
      return (await texts).embed(batch);
    },
    async close() {
      await vision.close();
      await (await texts?.catch(() => undefined))?.close();
    },
  };
}

interface TextEmbedder {
  embed(texts: readonly string[]): Promise<Float32Array>;
  close(): Promise<void>;
}

async function openTextEmbedder(model: ModelDescription, options: SessionOptions): Promise<TextEmbedder> {
  const [tokenizer, tower] = await Promise.all([loadTokenizer(model), openTower(model, 'text', options)]);
  const run = async (texts: readonly string[], length: number | undefined) =>
    toUnitRows(await tower.run(textFeeds(tokenizer, texts, length), texts.length), model.dims);
  const length = await choosePadding(model, tower, run);
  return {
    async embed(texts) {
      const rows = new Float32Array(texts.length * model.dims);
      for (let from = 0; from < texts.length; from += TEXT_BATCH) {
        rows.set(await run(texts.slice(from, from + TEXT_BATCH), length), from * model.dims);
      }
      return rows;
    },
    close: () => tower.close(),
  };
}

/**
 * Returns the length that texts are padded to; undefined: as the longest of a batch. Most towers of the CLIP family look
 * only backwards and read the end token, so that padding changes nothing and leaving it out saves most of the work; some
 * look both ways and must see the padding they were trained with. No file says which, so it is measured.
 */
async function choosePadding(
  model: ModelDescription,
  tower: TowerSession,
  run: (texts: readonly string[], length: number | undefined) => Promise<Float32Array>,
): Promise<number | undefined> {
  const declared = tower.inputs.get('input_ids')?.[1];
  if (typeof declared === 'number') return declared;
  if (model.padding === 'fixed') return model.contextLength;
  const padded = await run([PADDING_PROBE], model.contextLength);
  // A graph with its length baked in fails here.
  const bare = await run([PADDING_PROBE], undefined).catch(() => undefined);
  const isFree = bare !== undefined && 1 - dot(padded, bare) < PADDING_TOLERANCE;
  return isFree ? undefined : model.contextLength;
}

function textFeeds(tokenizer: TextTokenizer, texts: readonly string[], length: number | undefined) {
  const batch = tokenizer.encodeBatch(texts, length);
  const shape = [texts.length, batch.length];
  const feed = (values: readonly number[]): Input => ({ values, shape });
  return {
    input_ids: feed(batch.ids),
    attention_mask: feed(batch.mask),
    position_ids: feed(batch.ids.map((_, at) => at % batch.length)),
    token_type_ids: feed(batch.ids.map(() => 0)),
  };
}

/** A network of fixed input size must agree with preprocessor_config.json. */
function checkImageInput({ inputs }: TowerSession, { geometry, directory }: ModelDescription): void {
  const declared = inputs.get('pixel_values')?.slice(2) ?? [];
  if (declared.every((side) => typeof side !== 'number' || side === geometry.sizePx)) return;
  throw new PipelineError(
    'E_MODEL_FILES',
    `${directory}: the image tower takes ${declared.join(' × ')} px, preprocessor_config.json says ${geometry.sizePx}.`,
  );
}

/** Scales each row of [n, dims] to length 1, in place. @throws E_INFERENCE when a row is zero or not finite */
function toUnitRows(rows: Float32Array, dims: number): Float32Array {
  for (let from = 0; from < rows.length; from += dims) {
    const row = rows.subarray(from, from + dims);
    const length = Math.sqrt(dot(row, row));
    if (!(length > 0 && Number.isFinite(length))) {
      throw new PipelineError('E_INFERENCE', `The model gave an embedding of length ${length}.`);
    }
    for (let at = 0; at < dims; at++) row[at] = (row[at] ?? 0) / length;
  }
  return rows;
}
