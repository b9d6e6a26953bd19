// Pulling a catalog model from a hub: what comes, what is recorded, what is refused; and verifying what lies there.
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CatalogEntry, catalogFiles, findCatalogEntry } from '../../models/catalog.ts';
import { readModelDescription } from '../../models/description.ts';
import { type PullOptions, type PullProgress, pullModel } from '../../models/pull.ts';
import { verifyModel } from '../../models/verify.ts';
import { startTinyHub, type TinyHub } from './tiny-hub.ts';
import { writeTinyModel } from './tiny-model.ts';

/** An entry without pins, so that a tiny model can stand in for it. */
const UNPINNED = 'mobileclip-s2';
/** An entry whose hashes no tiny model can have. */
const PINNED = 'clip-vit-base-patch32';

let hub: TinyHub;
let dataDir: string;
let source: string;
beforeEach(async () => {
  hub = await startTinyHub();
  dataDir = mkdtempSync(join(tmpdir(), 'verbcast-pull-'));
  source = writeTinyModel({ config: { model_type: 'clip' } });
});
afterEach(async () => {
  await hub.close();
  for (const folder of [dataDir, source]) rmSync(folder, { recursive: true });
});

function entryOf(id: string): CatalogEntry {
  const entry = findCatalogEntry(id);
  if (entry === undefined) throw new Error(`Expected ${id} in the catalog.`);
  return entry;
}
const addressOf = (id: string, path: string) => `${entryOf(id).repo}/resolve/${entryOf(id).revision}/${path}`;

/** Puts the tiny model's files on the hub as the files of `id`. */
function publish(id: string): void {
  for (const { path } of catalogFiles(entryOf(id), 'fp32')) {
    hub.files.set(addressOf(id, path), readFileSync(join(source, path)));
  }
}

const pull = (options: Partial<PullOptions> = {}) =>
  pullModel({
    id: UNPINNED,
    dataDir,
    endpoint: hub.endpoint,
    tuning: { attempts: 2, backoffMs: 1, stallTimeoutMs: 5_000 },
    ...options,
  });

describe('a pull', () => {
  test('brings every file of the dtype, records the hashes, and writes down what upstream does not say', async () => {
    publish(UNPINNED);
    const { directory, files } = await pull();
    expect(directory).toBe(join(dataDir, 'models', UNPINNED));
    expect(files.map(({ path, trust }) => `${path} ${trust}`)).toEqual([
      'config.json recorded',
      'preprocessor_config.json recorded',
      'tokenizer.json recorded',
      'tokenizer_config.json recorded',
      'onnx/vision_model.onnx recorded',
      'onnx/text_model.onnx recorded',
    ]);
    expect(JSON.parse(readFileSync(join(directory, 'verbcast.lock.json'), 'utf8'))).toMatchObject({
      repo: 'Xenova/mobileclip_s2',
      revision: 'main',
      commit: 'c0ffee',
    });
    // Under another name the catalog is no help: the facts stand in the folder.
    expect(await readModelDescription(directory, 'mine')).toMatchObject({
      dims: 512,
      logitScale: 100,
      logitScaleFrom: 'sidecar',
      padding: 'fixed',
    });
  });

  test('tells how far it is, to the end', async () => {
    publish(UNPINNED);
    const seen: PullProgress[] = [];
    await pull({ onProgress: (progress) => seen.push(progress) });
    const last = seen.at(-1);
    expect(last?.bytes).toBeGreaterThan(100_000);
    expect(last?.bytes).toBe(last?.totalBytes);
    expect(seen.every(({ bytes }, at) => bytes >= (seen[at - 1]?.bytes ?? 0))).toBe(true);
  });

  test('that was broken off is gone on with: what is there and right is not fetched again', async () => {
    publish(UNPINNED);
    const text = addressOf(UNPINNED, 'onnx/text_model.onnx');
    hub.faults.set(text, [
      { kind: 'cut', afterBytes: 10 },
      { kind: 'cut', afterBytes: 10 },
    ]);
    await expect(pull()).rejects.toMatchObject({ code: 'E_MODEL_DOWNLOAD' });
    hub.requests.length = 0;
    await pull();
    expect(hub.requests).toEqual([`GET /${text}`]);
  });

  test('after the first holds upstream to what it recorded', async () => {
    publish(UNPINNED);
    const { directory } = await pull();
    rmSync(join(directory, 'config.json'));
    hub.files.set(addressOf(UNPINNED, 'config.json'), Buffer.from('{ "model_type": "clip", "other": true }'));
    await expect(pull()).rejects.toMatchObject({
      code: 'E_MODEL_CHECKSUM',
      message: expect.stringContaining('verbcast.lock.json'),
    });
    expect(existsSync(join(directory, 'config.json'))).toBe(false);
  });

  test('of another file than the pinned one is refused', async () => {
    publish(PINNED);
    await expect(pull({ id: PINNED })).rejects.toMatchObject({ code: 'E_MODEL_CHECKSUM' });
    expect(existsSync(join(dataDir, 'models', PINNED, 'config.json'))).toBe(false);
  });

  test('from nowhere says what was not reached and how to do without', async () => {
    await hub.close();
    const failure = pull();
    await expect(failure).rejects.toMatchObject({ code: 'E_MODEL_DOWNLOAD' });
    await expect(failure).rejects.toThrow(/127\.0\.0\.1.*pocket.*MODELS_DIR.*HF_ENDPOINT/s);
    hub = await startTinyHub();
  });

  test.each([
    ['a name that nobody knows', { id: 'clip-vit-base-patch31' }, 'E_MODEL_UNKNOWN', /clip-vit-base-patch32/],
    ['the model that ships', { id: 'pocket' }, 'E_MODEL_UNKNOWN', /ships with the project/],
    ['a dtype that is not offered', { dtype: 'quantized' as const }, 'E_MODEL_UNKNOWN', /not offered/],
    ['an endpoint of another scheme', { endpoint: 'file:///etc' }, 'E_CONFIG', /HF_ENDPOINT/],
    ['an endpoint that is no address', { endpoint: 'hub' }, 'E_CONFIG', /HF_ENDPOINT/],
  ])('of %s is refused', async (_, options, code, message) => {
    await expect(pull(options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(hub.requests).toEqual([]);
  });
});

describe('verifying', () => {
  const pocket = join(import.meta.dirname, '../../models/pocket');

  test('pocket finds every file as its list of hashes says', async () => {
    const { isSound, files, description } = await verifyModel(pocket);
    expect(isSound).toBe(true);
    expect(files.find(({ path }) => path === 'onnx/vision_model.onnx')).toEqual({
      path: 'onnx/vision_model.onnx',
      state: 'ok',
      heldTo: 'SHA256SUMS',
    });
    expect(files.every(({ state }) => state === 'ok')).toBe(true);
    expect(description?.dims).toBe(512);
  });

  test('a pulled model names the file that has changed, the one that is gone, and the one that nobody knows', async () => {
    publish(UNPINNED);
    const { directory } = await pull();
    expect((await verifyModel(directory)).isSound).toBe(true);
    writeFileSync(join(directory, 'onnx/vision_model.onnx'), 'changed');
    rmSync(join(directory, 'onnx/text_model.onnx'));
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    const { isSound, files } = await verifyModel(directory);
    expect(isSound).toBe(false);
    expect(files.filter(({ state }) => state !== 'ok')).toEqual([
      { path: 'notes.txt', state: 'unknown', heldTo: undefined },
      { path: 'onnx/text_model.onnx', state: 'missing', heldTo: 'verbcast.lock.json' },
      { path: 'onnx/vision_model.onnx', state: 'changed', heldTo: 'verbcast.lock.json' },
    ]);
  });

  test('a folder named like a catalog model is held to the catalog, whoever put it there', async () => {
    const directory = join(dataDir, PINNED);
    publish(UNPINNED);
    await pull();
    renameSync(join(dataDir, 'models', UNPINNED), directory);
    const { files } = await verifyModel(directory);
    expect(files.find(({ path }) => path === 'config.json')).toEqual({
      path: 'config.json',
      state: 'changed',
      heldTo: 'catalog',
    });
  });

  test('a model that cannot be described says why', async () => {
    rmSync(join(source, 'config.json'));
    const { isSound, fault } = await verifyModel(source);
    expect(isSound).toBe(false);
    expect(fault).toMatchObject({ code: 'E_MODEL_FILES', message: expect.stringContaining('config.json') });
  });

  test('a folder that is not there is an E_MODEL_FILES', async () => {
    await expect(verifyModel(join(dataDir, 'nothing'))).rejects.toMatchObject({ code: 'E_MODEL_FILES' });
  });
});
