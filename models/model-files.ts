// The files of a model folder (Hugging Face layout), each parsed once.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PipelineError } from '../runtime/errors.ts';

/** Facts that upstream files lack, written by a pull beside them: see `facts` in catalog.ts. */
export const SIDECAR_FILE = 'verbcast.json';

const px = z.number().int().min(16).max(2048);
const channels = z.tuple([z.number(), z.number(), z.number()]);
const token = z.union([z.string(), z.looseObject({ content: z.string() }).transform((item) => item.content)]);

const TowerConfig = z.looseObject({
  projection_dim: z.number().int().positive().optional(),
  hidden_size: z.number().int().positive().optional(),
  max_position_embeddings: z.number().int().positive().optional(),
  pad_token_id: z.number().int().nonnegative().nullish(),
});

/** `config.json`, as far as Verbcast reads it. */
export const ModelConfig = z.looseObject({
  model_type: z.string(),
  projection_dim: z.number().int().positive().optional(),
  logit_scale: z.number().positive().optional().describe('Factor on cosines, as trained.'),
  logit_scale_init_value: z.number().optional().describe('Natural logarithm of the factor before training.'),
  logit_bias: z.number().optional(),
  text_config: TowerConfig.optional(),
  vision_config: TowerConfig.optional(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;

const square = z
  .looseObject({ height: px, width: px })
  .refine((size) => size.height === size.width, 'expected a square: height equal to width')
  .transform(({ height }) => height);

/** The three ways in which processors write the size: `fit` says what they mean by it. */
const resizeSize = z.union([
  px.transform((sidePx) => ({ sidePx, fit: 'unsaid' as const })),
  z
    .looseObject({ shortest_edge: px })
    .transform((size) => ({ sidePx: size.shortest_edge, fit: 'shortest' as const })),
  square.transform((sidePx) => ({ sidePx, fit: 'exact' as const })),
]);

/** `preprocessor_config.json`, as far as Verbcast reads it. */
export const PreprocessorConfig = z.looseObject({
  size: resizeSize,
  crop_size: z.union([px, square]).optional(),
  do_center_crop: z.boolean().nullish(),
  resample: z.number().int().min(0).max(5).default(3).describe("PIL's code; 3 is bicubic, CLIP's own."),
  do_rescale: z.boolean().nullish(),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().nullish(),
  image_mean: channels.optional(),
  image_std: channels.optional(),
});
export type PreprocessorConfig = z.infer<typeof PreprocessorConfig>;

/** `tokenizer_config.json`, as far as Verbcast reads it. */
export const TokenizerConfig = z.looseObject({
  pad_token: token.nullish(),
  model_max_length: z.number().positive().nullish(),
});
export type TokenizerConfig = z.infer<typeof TokenizerConfig>;

/** `tokenizer.json`, as far as Verbcast itself reads it; the rest is for the tokenizer library. */
export const TokenizerFile = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.number().int().nonnegative(), content: z.string() })),
  padding: z
    .looseObject({ strategy: z.union([z.string(), z.looseObject({ Fixed: z.number().int().positive() })]) })
    .nullish(),
  truncation: z.looseObject({ max_length: z.number().int().positive() }).nullish(),
  // A table for BPE, rows for Unigram; up to 256,000 entries, so they are not checked one by one.
  model: z.looseObject({
    vocab: z.custom<Readonly<Record<string, unknown>> | readonly unknown[]>(
      (value) => typeof value === 'object' && value !== null,
      'expected the vocabulary',
    ),
  }),
});
export type TokenizerFile = z.infer<typeof TokenizerFile>;

/** `verbcast.json`: wins over what the upstream files say. */
export const Sidecar = z.strictObject({
  source: z.string().optional().describe('Where the facts come from.'),
  dims: z.number().int().positive().optional(),
  scoring: z.enum(['softmax', 'sigmoid']).optional(),
  logitScale: z.number().positive().optional(),
  logitBias: z.number().optional(),
  contextLength: z.number().int().min(2).optional(),
  padId: z.number().int().nonnegative().optional(),
  padding: z.enum(['fixed', 'free']).optional(),
  lowercase: z.boolean().optional().describe('Texts are put in lower case before the tokenizer.'),
});
export type Sidecar = z.infer<typeof Sidecar>;

/**
 * Returns the parsed JSON file `name` of a model folder.
 * @throws E_MODEL_FILES naming the file, and the field where one is wrong.
 */
export async function readModelFile<S extends z.ZodType>(
  directory: string,
  name: string,
  schema: S,
): Promise<z.output<S>> {
  const path = join(directory, name);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new PipelineError('E_MODEL_FILES', `${path}: ${missing ? 'missing' : 'not readable as JSON'}.`, {
      cause,
    });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'file'}: ${issue.message}`);
  throw new PipelineError('E_MODEL_FILES', `${path}: ${faults.join('; ')}.`);
}
