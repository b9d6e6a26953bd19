// A model folder read: every way in which upstream files say the same thing, and every way in which they are wrong.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readModelDescription } from '../../models/description.ts';
import { TINY_CONFIG, TINY_PREPROCESSOR, writeModelFolder } from './tiny-model.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function read(files: Readonly<Record<string, unknown>> = {}, id = 'mine') {
  const folder = writeModelFolder(files);
  folders.push(folder);
  return readModelDescription(folder, id);
}
const preprocessor = (fields: object) => ({
  'preprocessor_config.json': { ...TINY_PREPROCESSOR, ...fields },
});
const config = (fields: object) => ({ 'config.json': { ...TINY_CONFIG, ...fields } });

test('pocket is read from its own files', async () => {
  const pocket = join(import.meta.dirname, '../../models/pocket');
  expect(await readModelDescription(pocket, 'pocket')).toEqual({
    id: 'pocket',
    directory: pocket,
    geometry: { sizePx: 112, resizePx: 112, resize: 'shortest', resample: 'bicubic' },
    rescale: expect.closeTo(1 / 255, 12),
    mean: [0.45, 0.45, 0.45],
    std: [0.25, 0.25, 0.25],
    dims: 512,
    scoring: 'softmax',
    logitScale: 20,
    logitBias: 0,
    logitScaleFrom: 'config',
    contextLength: 32,
    padId: 8_513,
    padding: 'free',
    lowercase: false,
  });
});

describe('geometry', () => {
  const crop = { height: 224, width: 224 };
  test.each([
    [
      'a shortest edge with a crop',
      { size: { shortest_edge: 256 }, crop_size: crop },
      [224, 256, 'shortest'],
    ],
    ['a crop given as a number', { size: { shortest_edge: 256 }, crop_size: 224 }, [224, 256, 'shortest']],
    [
      'a bare number with a crop',
      { size: 224, crop_size: 224, do_center_crop: true },
      [224, 224, 'shortest'],
    ],
    [
      'a bare number without',
      { size: 224, crop_size: undefined, do_center_crop: false },
      [224, 224, 'exact'],
    ],
    [
      'an exact square, as SigLIP has',
      { size: crop, crop_size: undefined, do_center_crop: undefined },
      [224, 224, 'exact'],
    ],
    [
      'an exact square with a crop',
      { size: { height: 256, width: 256 }, crop_size: crop, do_center_crop: true },
      [224, 256, 'exact'],
    ],
    [
      'a crop size that is not used',
      { size: { height: 224, width: 224 }, crop_size: 112, do_center_crop: false },
      [224, 224, 'exact'],
    ],
    [
      'a shortest edge and no crop: still a square',
      { size: { shortest_edge: 224 }, crop_size: undefined, do_center_crop: false },
      [224, 224, 'shortest'],
    ],
  ])('%s', async (_, fields, [sizePx, resizePx, resize]) => {
    const { geometry } = await read(preprocessor(fields));
    expect(geometry).toEqual({ sizePx, resizePx, resize, resample: 'bicubic' });
  });

  test.each([
    [0, 'nearest'],
    [1, 'lanczos'],
    [2, 'bilinear'],
    [3, 'bicubic'],
    [4, 'area'],
    [5, 'bilinear'],
    [undefined, 'bicubic'],
  ])("PIL's resample code %s is %s", async (resample, name) => {
    expect((await read(preprocessor({ resample }))).geometry.resample).toBe(name);
  });
});

describe('normalisation', () => {
  const image = { image_mean: [0.1, 0.2, 0.3], image_std: [0.4, 0.5, 0.6] };
  test('is taken from the file', async () => {
    const model = await read(preprocessor({ do_normalize: true, ...image }));
    expect([model.mean, model.std]).toEqual([image.image_mean, image.image_std]);
  });
  test('is identity where do_normalize is false, whatever else the file says', async () => {
    const model = await read(preprocessor({ do_normalize: false, ...image }));
    expect([model.mean, model.std]).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
  });
  test('leaves bytes as they are where do_rescale is false', async () => {
    expect((await read(preprocessor({ do_rescale: false, rescale_factor: 0.5 }))).rescale).toBe(1);
    expect((await read(preprocessor({ do_rescale: true, rescale_factor: 0.5 }))).rescale).toBe(0.5);
  });
});

describe('scoring', () => {
  test('takes the trained scale from the sidecar before config.json, and the value before training last', async () => {
    const sidecar = { 'verbcast.json': { logitScale: 7 } };
    const initial = config({ logit_scale: undefined, logit_scale_init_value: Math.log(14) });
    expect(await read({ ...config({ logit_scale: 9 }), ...sidecar })).toMatchObject({
      logitScale: 7,
      logitScaleFrom: 'sidecar',
    });
    expect(await read(config({ logit_scale: 9, logit_scale_init_value: 1 }))).toMatchObject({
      logitScale: 9,
      logitScaleFrom: 'config',
    });
    expect(await read(initial)).toMatchObject({
      logitScale: expect.closeTo(14, 9),
      logitScaleFrom: 'initial',
    });
  });

  test('of a folder copied by hand takes what the catalog knows of that name', async () => {
    const clip = { ...TINY_CONFIG, logit_scale: undefined, logit_scale_init_value: 2.6592 };
    expect(await read({ 'config.json': clip }, 'clip-vit-base-patch32')).toMatchObject({
      logitScale: 100,
      logitScaleFrom: 'catalog',
    });
    expect(await read({ 'config.json': { model_type: 'clip' } }, 'mobileclip-s0')).toMatchObject({
      dims: 512,
      contextLength: 77,
      padding: 'fixed',
    });
  });

  test('is sigmoid for a SigLIP, or where a bias was trained', async () => {
    const siglip = { model_type: 'siglip', logit_scale: 112, logit_bias: -16 };
    expect(await read(config(siglip))).toMatchObject({
      scoring: 'sigmoid',
      logitScale: 112,
      logitBias: -16,
      padding: 'fixed',
    });
    expect(await read(config({ logit_bias: -10 }))).toMatchObject({ scoring: 'sigmoid', logitBias: -10 });
    expect(await read()).toMatchObject({ scoring: 'softmax', logitBias: 0 });
  });
});

describe('dims', () => {
  test.each([
    ['projection_dim', { projection_dim: 512, text_config: { projection_dim: 1 } }, 512],
    ['a tower’s projection', { projection_dim: undefined, text_config: { projection_dim: 640 } }, 640],
    ['the hidden size', { projection_dim: undefined, vision_config: { hidden_size: 768 } }, 768],
  ])('come from %s', async (_, fields, dims) => {
    const text = { max_position_embeddings: 16, ...('text_config' in fields ? fields.text_config : {}) };
    expect((await read(config({ ...fields, text_config: text }))).dims).toBe(dims);
  });
});

describe('texts', () => {
  test('are as long as config.json says, else as the tokenizer says', async () => {
    const none = config({ text_config: {} });
    const tokenizer = (model_max_length: number) => ({
      'tokenizer_config.json': { model_max_length, pad_token: '<|endoftext|>' },
    });
    expect((await read({ ...config({}), ...tokenizer(99) })).contextLength).toBe(16);
    expect((await read({ ...none, ...tokenizer(64) })).contextLength).toBe(64);
    await expect(read({ ...none, ...tokenizer(1e30) })).rejects.toMatchObject({
      code: 'E_MODEL_FILES',
      message: expect.stringContaining('max_position_embeddings'),
    });
  });

  test('are padded with the token that the tokenizer names, be it special or a plain word', async () => {
    const pad = (pad_token: unknown) => ({ 'tokenizer_config.json': { model_max_length: 32, pad_token } });
    expect((await read(pad('<|endoftext|>'))).padId).toBe(8_513);
    expect((await read(pad({ content: '<|startoftext|>' }))).padId).toBe(8_512);
    // MobileCLIP pads with "!", which is no special token.
    expect((await read(pad('!'))).padId).toBe(0);
  });
});

describe('files that are wrong', () => {
  test.each([
    ['config.json is missing', { 'config.json': undefined }, /config\.json: missing/],
    ['config.json is no JSON', { 'config.json': '{' }, /config\.json: not readable as JSON/],
    ['a field has another type', config({ projection_dim: 'many' }), /config\.json: projection_dim/],
    ['there is no size', preprocessor({ size: undefined }), /preprocessor_config\.json: size/],
    [
      'the size is no square',
      preprocessor({ size: { height: 224, width: 112 } }),
      /preprocessor_config\.json: size/,
    ],
    [
      'the crop is larger than the picture',
      preprocessor({ crop_size: 32 }),
      /crop_size 32 is larger than size 16/,
    ],
    ['mean and std are missing', preprocessor({ do_normalize: true }), /image_mean/],
    [
      'a std is 0',
      preprocessor({ do_normalize: true, image_mean: [0, 0, 0], image_std: [1, 0, 1] }),
      /image_std/,
    ],
    ['there is no logit scale', config({ logit_scale: undefined }), /logit_scale/],
    ['a SigLIP has no bias', config({ model_type: 'siglip' }), /logit_bias/],
    ['there are no dims', config({ projection_dim: undefined }), /projection_dim/],
    ['tokenizer.json is none', { 'tokenizer.json': { model: {} } }, /tokenizer\.json: added_tokens/],
    ['the sidecar has an unknown field', { 'verbcast.json': { logitSkale: 1 } }, /verbcast\.json/],
  ])('%s: E_MODEL_FILES with file and field', async (_, files, message) => {
    await expect(read(files)).rejects.toMatchObject({
      code: 'E_MODEL_FILES',
      message: expect.stringMatching(message),
    });
  });
});
