// The catalog as a table: what every row must hold.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  CATALOG,
  catalogFiles,
  DEFAULT_MODEL,
  findCatalogEntry,
  SHIPPED_MODEL,
} from '../../models/catalog.ts';
import { DTYPES } from '../../models/dtype.ts';
import { Sidecar } from '../../models/model-files.ts';

test('names are folder names, and each is there once', () => {
  const ids = CATALOG.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !/^[a-z0-9][a-z0-9.-]{0,63}$/.test(id))).toEqual([]);
  expect([findCatalogEntry(DEFAULT_MODEL)?.id, findCatalogEntry(SHIPPED_MODEL)?.id]).toEqual([
    DEFAULT_MODEL,
    SHIPPED_MODEL,
  ]);
});

test.each(CATALOG)('$id names its licence, its source and its facts in the right form', (entry) => {
  expect(entry.licence.name).not.toBe('');
  expect(entry.licence.url).toMatch(/^https:\/\/|^models\//);
  expect(entry.repo ?? 'the/project').toMatch(/^[\w-]+\/[\w.-]+$/);
  expect(entry.revision).toMatch(/^([0-9a-f]{40}|main|shipped)$/);
  for (const { path, sha256, bytes } of entry.files) {
    expect(path).toMatch(/^(onnx\/)?[\w.]+$/);
    expect(sha256 ?? '0'.repeat(64)).toMatch(/^[0-9a-f]{64}$/);
    expect(bytes ?? 1).toBeGreaterThan(0);
  }
  expect(Sidecar.parse(entry.facts ?? {})).toEqual(entry.facts ?? {});
  expect(entry.facts === undefined || entry.facts.source !== undefined).toBe(true);
});

test.each(CATALOG)('$id is whole in every dtype that it is offered in, fp32 among them', (entry) => {
  const offered = DTYPES.filter((dtype) => catalogFiles(entry, dtype).length > 0);
  expect(offered).toContain('fp32');
  expect(catalogFiles(entry, 'auto')).toEqual(catalogFiles(entry, 'fp32'));
  for (const dtype of offered) {
    const paths = catalogFiles(entry, dtype).map(({ path }) => path);
    expect(paths.slice(0, 4)).toEqual([
      'config.json',
      'preprocessor_config.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(paths.filter((path) => path.startsWith('onnx/vision_model'))).toHaveLength(1);
    expect(paths.filter((path) => path.startsWith('onnx/text_model'))).toHaveLength(1);
  }
});

test('a model that scores by sigmoid has both its trained scale and its trained bias', () => {
  const siglip = CATALOG.filter(({ id }) => id.startsWith('siglip'));
  expect(siglip.length).toBeGreaterThan(0);
  for (const { facts } of siglip) {
    expect(facts?.logitScale).toBeCloseTo(Math.exp(4.724453449249268), 4);
    expect(facts?.logitBias).toBeLessThan(0);
  }
});

test("the shipped model's licence page exists", () => {
  const url = findCatalogEntry(SHIPPED_MODEL)?.licence.url ?? '';
  expect(readFileSync(join(import.meta.dirname, '../..', url), 'utf8')).toMatch(/licence/i);
});
