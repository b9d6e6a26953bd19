// A whole model folder out of tiny parts: pocket's tokenizer, files of one's choice, towers of a few numbers.
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Element, type Graph, writeOnnx } from './tiny-onnx.ts';

const POCKET = join(import.meta.dirname, '../../models/pocket');
/** Size of pocket's vocabulary; its last two ids are the start token and the end token, with which it pads. */
const VOCABULARY = 8_514;
const START = 8_512;

export const TINY_CONFIG = {
  model_type: 'clip',
  projection_dim: 3,
  logit_scale: 50,
  text_config: { max_position_embeddings: 16 },
};
export const TINY_PREPROCESSOR = {
  size: { shortest_edge: 16 },
  crop_size: { height: 16, width: 16 },
  do_center_crop: true,
  resample: 3,
  do_normalize: false,
};

/** Writes a model folder without towers; a file given as undefined is left out. Returns the folder. */
export function writeModelFolder(
  files: Readonly<Record<string, unknown>> = {},
  parent = mkdtempSync(join(tmpdir(), 'verbcast-model-')),
): string {
  const all: Readonly<Record<string, unknown>> = {
    'config.json': TINY_CONFIG,
    'preprocessor_config.json': TINY_PREPROCESSOR,
    ...files,
  };
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    if (!(name in files)) copyFileSync(join(POCKET, name), join(parent, name));
  }
  for (const [name, value] of Object.entries(all)) {
    if (value === undefined) continue;
    writeFileSync(join(parent, name), typeof value === 'string' ? value : JSON.stringify(value));
  }
  return parent;
}

/** An image tower that gives the mean of each channel, beside a larger output that nobody wants. */
export function meanColourTower({ type = 'float', output = 'pooler_output' as string } = {}): Graph {
  const element: Element = type === 'float16' ? 'float16' : 'float';
  return {
    inputs: [{ name: 'pixel_values', type: element, shape: ['batch', 3, 16, 16] }],
    outputs: [
      { name: 'last_hidden_state', type: element, shape: ['batch', 3, 16, 16] },
      { name: output, type: element, shape: ['batch', 3] },
    ],
    nodes: [
      { op: 'Identity', inputs: ['pixel_values'], outputs: ['last_hidden_state'] },
      { op: 'GlobalAveragePool', inputs: ['pixel_values'], outputs: ['pooled'] },
      { op: 'Flatten', inputs: ['pooled'], outputs: [output], integers: { axis: 1 } },
    ],
  };
}

/**
 * A text tower over a table of three numbers per token. `mean` looks at every token, padding too; `max` pads with numbers
 * that never win, so that padding changes nothing.
 */
export function tokenTableTower({
  pooling,
  type = 'int64',
  length = 'sequence',
}: {
  pooling: 'mean' | 'max';
  type?: 'int32' | 'int64';
  length?: number | string;
}): Graph {
  const row = (id: number) =>
    id >= START ? [-90, -80, -85] : [(id * 13) % 97, (id * 29) % 89, (id * 31) % 83];
  return {
    inputs: [
      { name: 'input_ids', type, shape: ['batch', length] },
      { name: 'attention_mask', type, shape: ['batch', length] },
    ],
    outputs: [{ name: 'text_embeds', type: 'float', shape: ['batch', 3] }],
    nodes: [
      { op: 'Gather', inputs: ['table', 'input_ids'], outputs: ['tokens'] },
      {
        op: pooling === 'mean' ? 'ReduceMean' : 'ReduceMax',
        inputs: ['tokens'],
        outputs: ['text_embeds'],
        integers: { axes: [1], keepdims: 0 },
      },
    ],
    constants: {
      table: {
        shape: [VOCABULARY, 3],
        floats: Array.from({ length: VOCABULARY }, (_, id) => row(id)).flat(),
      },
    },
  };
}

/** Writes a model folder with both towers. */
export function writeTinyModel(options: { vision?: Graph; text?: Graph; config?: unknown } = {}): string {
  const directory = writeModelFolder(options.config === undefined ? {} : { 'config.json': options.config });
  writeOnnx(directory, 'vision_model.onnx', options.vision ?? meanColourTower());
  writeOnnx(directory, 'text_model.onnx', options.text ?? tokenTableTower({ pooling: 'max' }));
  return directory;
}
