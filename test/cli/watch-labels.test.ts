import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatherLabelSet, gatherLabels } from '../../cli/watch-labels.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'verbcast-labels-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function file(text: string): Promise<string> {
  const path = join(directory, 'labels');
  await writeFile(path, text);
  return path;
}

test('labels of flags come before those of a file, which has one a line', async () => {
  const labels = await gatherLabels(['boxing'], await file('# sports\nplaying guitar\n\n  swimming  \n'));
  expect(labels).toEqual(['boxing', 'playing guitar', 'swimming']);
});

test('a JSON list holds labels as the API takes them', async () => {
  const path = await file(
    '["boxing", { "name": "fall", "not": ["a person lying in bed"], "threshold": 0.4 }]',
  );
  expect(await gatherLabels([], path)).toEqual([
    'boxing',
    { name: 'fall', not: ['a person lying in bed'], threshold: 0.4 },
  ]);
});

test('a JSON label set is taken whole, with the labels of flags before its own', async () => {
  const set = { labels: [{ name: 'fall', threshold: 0.4 }], temperature: 1.5, scoring: 'independent' };
  const path = await file(JSON.stringify(set));
  expect(await gatherLabelSet(['boxing'], path)).toEqual({ ...set, labels: ['boxing', ...set.labels] });
  expect(await gatherLabelSet(['boxing'])).toEqual({ labels: ['boxing'] });
});

test.each([
  ['{ "labels": ["a", "a"] }', /not a JSON label set: .*unique/s],
  ['[{ "nam": "fall" }]', /not a JSON list of labels/],
  ['["boxing"', /not a JSON list of labels/],
])('%j is refused, naming the file', async (text, message) => {
  const path = await file(text);
  await expect(gatherLabels([], path)).rejects.toMatchObject({
    code: 'E_LABELS_INVALID',
    message: expect.stringMatching(message),
  });
});

test('no label at all, and a file that is not there, are told as such', async () => {
  await expect(gatherLabels([])).rejects.toMatchObject({ code: 'E_LABELS_INVALID' });
  await expect(gatherLabels([], join(directory, 'none'))).rejects.toMatchObject({
    message: expect.stringContaining('cannot be read'),
  });
});
