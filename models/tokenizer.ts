// Text → token ids, by the model's own tokenizer.json.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { PipelineError } from '../runtime/errors.ts';
import type { ModelDescription } from './description.ts';

/** A text as ids of one length for all texts of a batch. */
export interface TokenBatch {
  /** Row-major [texts, length]. */
  readonly ids: readonly number[];
  /** 1 for a token, 0 for padding; same shape. */
  readonly mask: readonly number[];
  readonly length: number;
}

export interface TextTokenizer {
  /** Ids of one text, start and end tokens included, cut to the context length with the end token kept; not padded. */
  encode(text: string): number[];
  /** Ids of several texts, padded to `length`, or to the longest of them. */
  encodeBatch(texts: readonly string[], length?: number): TokenBatch;
}

/** Loads the tokenizer of a model. @throws E_MODEL_FILES when tokenizer.json or tokenizer_config.json is not usable. */
export async function loadTokenizer(
  model: Pick<ModelDescription, 'directory' | 'contextLength' | 'padId' | 'lowercase'>,
): Promise<TextTokenizer> {
  const { directory, contextLength, padId, lowercase } = model;
  const tokenizer = await openTokenizer(directory);
  // What every text carries: the end token is the last id of the empty text, if other texts end with it too.
  const last = tokenizer.encode('').ids.at(-1);
  const endId = tokenizer.encode('a').ids.at(-1) === last ? last : undefined;

  const encode = (text: string): number[] => {
    const { ids } = tokenizer.encode(lowercase ? text.toLowerCase() : text);
    if (ids.length <= contextLength) return ids;
    return endId === undefined ? ids.slice(0, contextLength) : [...ids.slice(0, contextLength - 1), endId];
  };
  return {
    encode,
    encodeBatch(texts, length) {
      const rows = texts.map(encode);
      const width = length ?? Math.max(1, ...rows.map((row) => row.length));
      const padded = (row: readonly number[], fill: number) => [
        ...row,
        ...Array<number>(width - row.length).fill(fill),
      ];
      return {
        ids: rows.flatMap((row) => padded(row, padId)),
        mask: rows.flatMap((row) => padded(Array<number>(row.length).fill(1), 0)),
        length: width,
      };
    },
  };
}

async function openTokenizer(directory: string): Promise<Tokenizer> {
  const read = async (name: string): Promise<object> =>
    JSON.parse(await readFile(join(directory, name), 'utf8'));
  try {
    const [definition, config] = await Promise.all([read('tokenizer.json'), read('tokenizer_config.json')]);
    return new Tokenizer(definition, config);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new PipelineError('E_MODEL_FILES', `${join(directory, 'tokenizer.json')}: ${message}`, { cause });
  }
}
