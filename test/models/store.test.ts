// Which folder a model's name leads to.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listModels, type ModelPlaces, resolveModel } from '../../models/store.ts';
import { writeTinyModel } from './tiny-model.ts';

let root: string;
let tiny: string;
let places: ModelPlaces;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'verbcast-store-'));
  tiny = writeTinyModel();
  places = {
    modelDirs: [join(root, 'first'), join(root, 'second')],
    dataDir: join(root, 'data'),
    packageDir: join(root, 'package'),
  };
  put('package/models', 'pocket');
});
afterEach(() => {
  for (const folder of [root, tiny]) rmSync(folder, { recursive: true });
});

/** Puts a whole model into a place, and returns its folder. */
function put(parent: string, id: string): string {
  const directory = join(root, parent, id);
  cpSync(tiny, directory, { recursive: true });
  return directory;
}

describe('a name', () => {
  test('is looked for in each of MODELS_DIR, then among what was pulled, then in the package', async () => {
    const packaged = put('package/models', 'mine');
    expect((await resolveModel({ ...places, id: 'mine' })).directory).toBe(packaged);
    const pulled = put('data/models', 'mine');
    expect((await resolveModel({ ...places, id: 'mine' })).directory).toBe(pulled);
    const second = put('second', 'mine');
    expect((await resolveModel({ ...places, id: 'mine' })).directory).toBe(second);
    const first = put('first', 'mine');
    expect(await resolveModel({ ...places, id: 'mine' })).toEqual({
      id: 'mine',
      directory: first,
      isStandIn: false,
    });
  });

  test('whose folder is incomplete in one place is found whole in the next', async () => {
    mkdirSync(join(root, 'first/mine'), { recursive: true });
    const second = put('second', 'mine');
    expect((await resolveModel({ ...places, id: 'mine' })).directory).toBe(second);
  });

  test.each(['config.json', 'preprocessor_config.json', 'tokenizer.json', 'onnx/text_model.onnx'])(
    'whose folder lacks %s is an E_MODEL_FILES with the file and the remedy',
    async (file) => {
      rmSync(join(put('data/models', 'clip-vit-base-patch32'), file));
      await expect(resolveModel({ ...places, id: 'clip-vit-base-patch32' })).rejects.toMatchObject({
        code: 'E_MODEL_FILES',
        message: expect.stringMatching(new RegExp(`${file}.*verbcast models pull clip-vit-base-patch32`)),
      });
    },
  );

  test('of the catalog that has not been pulled says how to pull it', async () => {
    await expect(resolveModel({ ...places, id: 'mobileclip-s0' })).rejects.toMatchObject({
      code: 'E_MODEL_FILES',
      message: expect.stringContaining('verbcast models pull mobileclip-s0'),
    });
  });

  test('that nobody knows is an E_MODEL_UNKNOWN with what was probably meant, and with every known one', async () => {
    put('first', 'my-own-clip');
    await expect(resolveModel({ ...places, id: 'clip-vit-base-pach32' })).rejects.toMatchObject({
      code: 'E_MODEL_UNKNOWN',
      message: expect.stringMatching(/Did you mean clip-vit-base-patch32.*Known: pocket, .*my-own-clip/),
    });
    await expect(resolveModel({ ...places, id: 'large' })).rejects.toThrow(
      'Did you mean clip-vit-large-patch14?',
    );
    await expect(resolveModel({ ...places, id: 'zzzzzzzz' })).rejects.not.toThrow('Did you mean');
  });

  test.each(['', '.', '..', '../pocket', 'a/b', '/etc', 'a\\b', 'a..b', '-x', 'x'.repeat(65)])(
    'that is no folder name leads nowhere: %j',
    async (id) => {
      put('data/models', 'pocket');
      await expect(resolveModel({ ...places, id })).rejects.toMatchObject({ code: 'E_MODEL_UNKNOWN' });
    },
  );
});

describe('without a name', () => {
  test('the default model is taken once it has been pulled', async () => {
    const directory = put('data/models', 'clip-vit-base-patch32');
    expect(await resolveModel(places)).toEqual({ id: 'clip-vit-base-patch32', directory, isStandIn: false });
  });

  test.each([
    ['is not here', false],
    ['is here in part', true],
  ])('the shipped model stands in while the default %s', async (_, isPartial) => {
    if (isPartial) rmSync(join(put('data/models', 'clip-vit-base-patch32'), 'onnx/vision_model.onnx'));
    expect(await resolveModel(places)).toEqual({
      id: 'pocket',
      directory: join(root, 'package/models/pocket'),
      isStandIn: true,
    });
  });
});

test('the list has the catalog and what lies in the directories, each with its state', async () => {
  const mine = put('first', 'mine');
  rmSync(join(put('data/models', 'clip-vit-base-patch16'), 'tokenizer.json'));
  mkdirSync(join(root, 'second/no-model'), { recursive: true });
  writeFileSync(join(root, 'second/notes.txt'), '');
  const models = await listModels(places);
  const state = (id: string) => models.find((model) => model.id === id);
  expect(state('pocket')).toMatchObject({ state: 'ready', entry: { repo: undefined } });
  expect(state('clip-vit-base-patch32')).toMatchObject({ state: 'remote', directory: undefined });
  expect(state('clip-vit-base-patch16')).toMatchObject({ state: 'incomplete', missing: 'tokenizer.json' });
  expect(state('mine')).toEqual({
    id: 'mine',
    state: 'ready',
    directory: mine,
    missing: undefined,
    entry: undefined,
  });
  expect([state('no-model'), state('notes.txt')]).toEqual([undefined, undefined]);
});
