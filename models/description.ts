// A model folder → everything the pipeline must know about the model, as plain data.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PipelineError } from '../runtime/errors.ts';
import { findCatalogEntry } from './catalog.ts';
import {
  ModelConfig,
  PreprocessorConfig,
  readModelFile,
  SIDECAR_FILE,
  Sidecar,
  TokenizerConfig,
  TokenizerFile,
} from './model-files.ts';

/** How a frame is brought to the model's input: `resizePx` by `resample`, then a centre crop to `sizePx`. */
export interface ModelGeometry {
  readonly sizePx: number;
  readonly resizePx: number;
  /** `shortest`: the shorter side becomes `resizePx`; `exact`: both do. */
  readonly resize: 'shortest' | 'exact';
  readonly resample: 'nearest' | 'lanczos' | 'bilinear' | 'bicubic' | 'area';
}

export type Channels = readonly [red: number, green: number, blue: number];

/** A model's facts. Plain data: it may be sent to a thread or written as JSON. */
export interface ModelDescription {
  readonly id: string;
  readonly directory: string;
  readonly geometry: ModelGeometry;
  /** Factor on a byte 0..255 before `mean` and `std`: normally 1/255. */
  readonly rescale: number;
  /** Input of the model = (byte * rescale - mean) / std. */
  readonly mean: Channels;
  readonly std: Channels;
  /** D: length of an embedding. */
  readonly dims: number;
  /** `softmax`: labels compete; `sigmoid`: each label is judged for itself. */
  readonly scoring: 'softmax' | 'sigmoid';
  /** logit = logitScale * cosine + logitBias. */
  readonly logitScale: number;
  readonly logitBias: number;
  /** `initial`: only the value before training is known, so scores may be too flat. */
  readonly logitScaleFrom: 'sidecar' | 'config' | 'catalog' | 'initial';
  /** Tokens of a text at the most, the start and end tokens included. */
  readonly contextLength: number;
  readonly padId: number;
  /** `fixed`: always padded to `contextLength`; `free`: shorter padding may do, if it leaves embeddings as they are. */
  readonly padding: 'fixed' | 'free';
  /** Whether texts are put in lower case before the tokenizer. */
  readonly lowercase: boolean;
}

/** PIL's resampling codes. `hamming` has no twin in ffmpeg; bilinear has the same support and is nearest to it. */
const RESAMPLE = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'area', 'bilinear'] as const;
/** Tokenizers without a limit of their own say 1e30. */
const UNLIMITED_TOKENS = 100_000;

/**
 * Returns the description of the model in `directory`, from its files. What they do not say comes from `verbcast.json`
 * beside them, or, in a folder copied by hand, from what the catalog's entry of that name would have written there.
 * @throws E_MODEL_FILES naming the file and field that is missing or malformed.
 */
export async function readModelDescription(directory: string, id: string): Promise<ModelDescription> {
  const [config, preprocessor, tokenizerConfig, tokenizer, sidecar] = await Promise.all([
    readModelFile(directory, 'config.json', ModelConfig),
    readModelFile(directory, 'preprocessor_config.json', PreprocessorConfig),
    readModelFile(directory, 'tokenizer_config.json', TokenizerConfig),
    readModelFile(directory, 'tokenizer.json', TokenizerFile),
    existsSync(join(directory, SIDECAR_FILE)) ? readModelFile(directory, SIDECAR_FILE, Sidecar) : {},
  ]);
  const known = findCatalogEntry(id)?.facts ?? {};
  const files = { directory, config, tokenizerConfig, tokenizer, sidecar: Sidecar.parse(sidecar), known };
  return {
    id,
    directory,
    geometry: readGeometry(preprocessor, directory),
    ...readNormalisation(preprocessor, directory),
    dims: readDims(files),
    ...readScoring(files),
    ...readTextShape(files),
  };
}

interface Files {
  readonly directory: string;
  readonly config: ModelConfig;
  readonly tokenizerConfig: TokenizerConfig;
  readonly tokenizer: TokenizerFile;
  readonly sidecar: Sidecar;
  readonly known: Sidecar;
}

function readGeometry(file: PreprocessorConfig, directory: string): ModelGeometry {
  const { sidePx: resizePx, fit } = file.size;
  const crops = file.do_center_crop ?? (file.crop_size !== undefined || fit !== 'exact');
  // A network takes a square: a `shortest` resize without a crop is cropped all the same.
  const sizePx = crops ? (file.crop_size ?? resizePx) : resizePx;
  if (sizePx > resizePx) {
    const path = join(directory, 'preprocessor_config.json');
    throw new PipelineError('E_MODEL_FILES', `${path}: crop_size ${sizePx} is larger than size ${resizePx}.`);
  }
  // A bare number means the shortest side to processors that crop, and both sides to those that do not.
  const unsaid = crops ? 'shortest' : 'exact';
  return {
    sizePx,
    resizePx,
    resize: fit === 'unsaid' ? unsaid : fit,
    resample: RESAMPLE[file.resample] ?? 'bicubic',
  };
}

function readNormalisation(file: PreprocessorConfig, directory: string) {
  const rescale = file.do_rescale === false ? 1 : file.rescale_factor;
  const identity: { mean: Channels; std: Channels } = { mean: [0, 0, 0], std: [1, 1, 1] };
  if (file.do_normalize === false) return { rescale, ...identity };
  const { image_mean: mean, image_std: std } = file;
  if (mean === undefined || std === undefined || std.includes(0)) {
    const path = join(directory, 'preprocessor_config.json');
    throw new PipelineError(
      'E_MODEL_FILES',
      `${path}: expected image_mean and image_std (not 0), or do_normalize false.`,
    );
  }
  return { rescale, mean, std };
}

function readDims({ config, directory, sidecar, known }: Files): number {
  const dims =
    sidecar.dims ??
    config.projection_dim ??
    config.text_config?.projection_dim ??
    config.vision_config?.projection_dim ??
    known.dims ??
    config.vision_config?.hidden_size ??
    config.text_config?.hidden_size;
  if (dims !== undefined) return dims;
  throw new PipelineError(
    'E_MODEL_FILES',
    `${join(directory, 'config.json')}: expected projection_dim, or dims in ${SIDECAR_FILE}.`,
  );
}

function readScoring({ config, directory, sidecar, known }: Files) {
  const bias = sidecar.logitBias ?? config.logit_bias ?? known.logitBias;
  // Sigmoid losses train a bias; the SigLIP family is the one that does, and its config.json does not hold it.
  const isSigmoid = config.model_type.startsWith('siglip') || bias !== undefined;
  const scoring: 'softmax' | 'sigmoid' =
    sidecar.scoring ?? known.scoring ?? (isSigmoid ? 'sigmoid' : 'softmax');
  const initial = config.logit_scale_init_value;
  const scales = {
    sidecar: sidecar.logitScale,
    config: config.logit_scale,
    catalog: known.logitScale,
    initial: initial === undefined ? undefined : Math.exp(initial),
  };
  for (const logitScaleFrom of ['sidecar', 'config', 'catalog', 'initial'] as const) {
    const logitScale = scales[logitScaleFrom];
    if (logitScale === undefined) continue;
    if (scoring === 'sigmoid' && bias === undefined) break;
    return { scoring, logitScale, logitBias: bias ?? 0, logitScaleFrom };
  }
  const [upstream, ours] =
    scoring === 'sigmoid'
      ? ['logit_scale and logit_bias', 'logitScale and logitBias']
      : ['logit_scale', 'logitScale'];
  throw new PipelineError(
    'E_MODEL_FILES',
    `${join(directory, 'config.json')}: expected the trained ${upstream}, or ${ours} in ${SIDECAR_FILE} beside it.`,
  );
}

function readTextShape({ config, directory, sidecar, known, tokenizer, tokenizerConfig }: Files) {
  const limit = tokenizerConfig.model_max_length ?? UNLIMITED_TOKENS;
  const contextLength =
    sidecar.contextLength ??
    config.text_config?.max_position_embeddings ??
    known.contextLength ??
    tokenizer.truncation?.max_length ??
    (limit < UNLIMITED_TOKENS ? limit : undefined);
  if (contextLength === undefined) {
    throw new PipelineError(
      'E_MODEL_FILES',
      `${join(directory, 'config.json')}: expected text_config.max_position_embeddings, or contextLength in ${SIDECAR_FILE}.`,
    );
  }
  const isFixed = typeof tokenizer.padding?.strategy === 'object' || config.model_type.startsWith('siglip');
  const padding: 'fixed' | 'free' = sidecar.padding ?? known.padding ?? (isFixed ? 'fixed' : 'free');
  return {
    contextLength,
    padding,
    padId: sidecar.padId ?? known.padId ?? readPadId(config, tokenizer, tokenizerConfig),
    lowercase: sidecar.lowercase ?? known.lowercase ?? false,
  };
}

/** The tokenizer's word comes first: CLIP's own config.json names 1 as pad_token_id, and CLIP pads with the end token. */
function readPadId(config: ModelConfig, tokenizer: TokenizerFile, { pad_token }: TokenizerConfig): number {
  const { vocab } = tokenizer.model;
  const added = tokenizer.added_tokens.find((item) => item.content === pad_token)?.id;
  const word =
    typeof pad_token === 'string' && !Array.isArray(vocab) ? Reflect.get(vocab, pad_token) : undefined;
  return added ?? (typeof word === 'number' ? word : undefined) ?? config.text_config?.pad_token_id ?? 0;
}
