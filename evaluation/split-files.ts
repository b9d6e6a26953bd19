// The split files of UCF101 and HMDB51 → the clips of a test split.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { PipelineError } from '../runtime/errors.ts';
import { wordsOf } from './class-name.ts';
import type { Dataset, LabelledClip } from './dataset.ts';

/** `testlist01.txt` of UCF101: a line per clip, `Archery/v_Archery_g01_c01.avi`. */
const UCF = /^test ?list0?(\d)\.txt$/i;
/** `brush_hair_test_split1.txt` of HMDB51, one per class: a line per clip, `name.avi 2`, where 2 means test. */
const HMDB = /^(.+)_test_split(\d)\.txt$/i;

/** Where the videos usually lie, seen from the split file's folder. */
const USUAL_PLACES = [
  '.',
  '..',
  'videos',
  '../videos',
  '../UCF-101',
  '../UCF101',
  '../hmdb51_org',
  '../hmdb51',
];

/** What there is to read of one split. */
export interface SplitFiles {
  readonly form: 'UCF101 split' | 'HMDB51 split';
  readonly files: readonly string[];
}

/** Returns the split files that `path` is or, for a directory, holds; undefined where it is something else. */
export async function splitFileIn(
  path: string,
  isDirectory: boolean,
  split: number,
): Promise<SplitFiles | undefined> {
  const names = isDirectory ? await readdir(path) : [basename(path)];
  const directory = isDirectory ? path : dirname(path);
  const select = (pattern: RegExp, number: number) =>
    names
      .filter((name) => !isDirectory || Number(pattern.exec(name)?.[number]) === split)
      .filter((name) => pattern.test(name))
      .sort()
      .map((name) => join(directory, name));
  const [ucf, hmdb] = [select(UCF, 1), select(HMDB, 2)];
  if (ucf.length > 0) return { form: 'UCF101 split', files: ucf };
  if (hmdb.length > 0) return { form: 'HMDB51 split', files: hmdb };
  return undefined;
}

/**
 * Returns the test clips of a split. Their videos lie in a folder per class below `videos`, or all in one.
 * @throws E_DATASET_INVALID when the videos are not found
 */
export async function readSplit(
  { form, files }: SplitFiles,
  videos: string | undefined,
): Promise<Pick<Dataset, 'form' | 'clips'>> {
  const listed = (await Promise.all(files.map(form === 'UCF101 split' ? listUcf : listHmdb))).flat();
  const root = findVideos(listed, files[0] ?? '.', videos);
  const clips = listed.map(({ className, name }): LabelledClip => {
    const nested = join(root, className, name);
    const path = existsSync(nested) ? nested : join(root, name);
    return { path, file: `${className}/${name}`, label: wordsOf(className) };
  });
  return { form, clips };
}

interface ListedClip {
  readonly className: string;
  readonly name: string;
}

async function listUcf(file: string): Promise<ListedClip[]> {
  return (await linesOf(file)).map((line) => {
    // Train lists carry a class number behind the name.
    const [path = ''] = line.split(/\s+/);
    return { className: dirname(path), name: basename(path) };
  });
}

async function listHmdb(file: string): Promise<ListedClip[]> {
  const className = HMDB.exec(basename(file))?.[1] ?? '';
  return (await linesOf(file)).flatMap((line) => {
    const [, name = '', part] = /^(.+\S)\s+([012])$/.exec(line) ?? [];
    return part === '2' ? [{ className, name }] : [];
  });
}

async function linesOf(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function findVideos(listed: readonly ListedClip[], file: string, videos: string | undefined): string {
  const roots = videos === undefined ? USUAL_PLACES.map((place) => join(dirname(file), place)) : [videos];
  const holds = (root: string) =>
    listed.some(({ className, name }) => [join(root, className, name), join(root, name)].some(existsSync));
  const root = roots.find(holds);
  if (root !== undefined || listed.length === 0) return resolve(root ?? '.');
  throw new PipelineError(
    'E_DATASET_INVALID',
    `Expected the videos of ${file} below ${roots.map((place) => resolve(place)).join(', ')}. Name their folder: --videos DIR.`,
  );
}
