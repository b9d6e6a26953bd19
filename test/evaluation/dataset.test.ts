// Data sets of every form, made in a temporary folder.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { wordsOf } from '../../evaluation/class-name.ts';
import { pickEvenly, readDataset } from '../../evaluation/dataset.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'verbcast-dataset-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(file: string, text = ''): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}
const brief = ({ clips }: Awaited<ReturnType<typeof readDataset>>) =>
  clips.map(({ file, label }) => [file, label]);

test('class names become words', () => {
  expect(
    ['ApplyEyeMakeup', 'brush_hair', 'YoYo', 'playing guitar', 'TaiChi', 'diving (springboard)'].map(wordsOf),
  ).toEqual(['apply eye makeup', 'brush hair', 'yo yo', 'playing guitar', 'tai chi', 'diving (springboard)']);
});

test('a folder per class: its videos, also deeper ones, and nothing else', async () => {
  put('ApplyLipstick/b.avi');
  put('ApplyLipstick/deep/a.MP4');
  put('ApplyLipstick/notes.txt');
  put('sit/c.webm');
  put('_none/d.mkv');
  put('.hidden/e.mp4');
  put('loose.mp4');
  const dataset = await readDataset(root);
  expect(dataset).toMatchObject({ form: 'class folders', labels: ['apply lipstick', 'sit'] });
  expect(brief(dataset)).toEqual([
    ['ApplyLipstick/b.avi', 'apply lipstick'],
    ['ApplyLipstick/deep/a.MP4', 'apply lipstick'],
    ['_none/d.mkv', undefined],
    ['sit/c.webm', 'sit'],
  ]);
});

test('a manifest: columns in any order, marked spans, clips that show nothing of it', async () => {
  put(
    'list.tsv',
    '\uFEFFlabel\tnotes\tfile\tfrom\tto\r\narchery\tx\ta.mp4\t\t\r\n-\t\tsub/b.mp4\t1.5\t4\r\n\r\narchery\t\t/abs/c.mp4\t2\t\r\n',
  );
  const { clips, labels } = await readDataset(join(root, 'list.tsv'));
  expect(labels).toEqual(['archery']);
  expect(clips).toEqual([
    { path: join(root, 'a.mp4'), file: 'a.mp4', label: 'archery' },
    { path: join(root, 'sub/b.mp4'), file: 'sub/b.mp4', label: undefined, span: { from: 1.5, to: 4 } },
    {
      path: '/abs/c.mp4',
      file: '/abs/c.mp4',
      label: 'archery',
      span: { from: 2, to: Number.POSITIVE_INFINITY },
    },
  ]);
});

test.each([
  ['no columns', 'a.mp4\tarchery\n', /`file` and `label`/],
  ['no file', 'file\tlabel\n\tarchery\n', /line 2: expected a file/],
  [
    'a span that ends before it begins',
    'file\tlabel\tfrom\tto\na.mp4\tb\t3\t2\n',
    /line 2: expected `from` and `to`/,
  ],
  ['no clips', 'file\tlabel\n', /Expected clips/],
])('a manifest with %s is refused', async (_, text, message) => {
  put('list.tsv', text);
  await expect(readDataset(join(root, 'list.tsv'))).rejects.toMatchObject({
    code: 'E_DATASET_INVALID',
    message: expect.stringMatching(message),
  });
});

test('a UCF101 split: the test list, with the videos beside it', async () => {
  put('ucfTrainTestlist/testlist01.txt', 'Archery/v_Archery_g01_c01.avi\r\nTaiChi/v_TaiChi_g02_c03.avi\r\n');
  put('ucfTrainTestlist/testlist02.txt', 'Archery/v_Archery_g08_c01.avi\n');
  put('ucfTrainTestlist/trainlist01.txt', 'Archery/v_Archery_g09_c01.avi 1\n');
  put('UCF-101/Archery/v_Archery_g01_c01.avi');
  put('UCF-101/Archery/v_Archery_g08_c01.avi');
  const first = await readDataset(join(root, 'ucfTrainTestlist'));
  expect(first.form).toBe('UCF101 split');
  expect(brief(first)).toEqual([
    ['Archery/v_Archery_g01_c01.avi', 'archery'],
    ['TaiChi/v_TaiChi_g02_c03.avi', 'tai chi'],
  ]);
  expect(first.clips[0]?.path).toBe(join(root, 'UCF-101/Archery/v_Archery_g01_c01.avi'));
  const second = await readDataset(join(root, 'ucfTrainTestlist'), { split: 2 });
  expect(brief(second)).toEqual([['Archery/v_Archery_g08_c01.avi', 'archery']]);
  expect(await readDataset(join(root, 'ucfTrainTestlist/testlist02.txt'))).toEqual({
    ...second,
    path: join(root, 'ucfTrainTestlist/testlist02.txt'),
  });
});

test('an HMDB51 split: a file per class, lines marked 2 are its test clips', async () => {
  put('splits/brush_hair_test_split1.txt', 'a hair!_1.avi 1 \nb_hair.avi 2 \nc.avi 0\n');
  put('splits/ride_bike_test_split1.txt', 'd (1).avi 2\n');
  put('splits/ride_bike_test_split2.txt', 'e.avi 2\n');
  put('elsewhere/b_hair.avi');
  const dataset = await readDataset(join(root, 'splits'), { videos: join(root, 'elsewhere') });
  expect(brief(dataset)).toEqual([
    ['brush_hair/b_hair.avi', 'brush hair'],
    ['ride_bike/d (1).avi', 'ride bike'],
  ]);
  expect(dataset.clips[0]?.path).toBe(join(root, 'elsewhere/b_hair.avi'));
});

test('a split whose videos are not found says where it looked', async () => {
  put('testlist01.txt', 'Archery/v.avi\n');
  await expect(readDataset(root)).rejects.toMatchObject({ message: expect.stringMatching(/--videos DIR/) });
  await expect(readDataset(join(root, 'nothing'))).rejects.toMatchObject({ code: 'E_DATASET_INVALID' });
});

test('a limit spreads over the list', () => {
  const items = Array.from({ length: 10 }, (_, i) => i);
  expect(pickEvenly(items, 3)).toEqual([1, 5, 8]);
  expect(pickEvenly(items, 10)).toEqual(items);
  expect(pickEvenly(items, undefined)).toEqual(items);
  expect(pickEvenly(items, 1)).toEqual([5]);
});
