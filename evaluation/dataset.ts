// What recognition is measured on: clips, each with what it shows.
import { stat } from 'node:fs/promises';
import { PipelineError } from '../runtime/errors.ts';
import { readClassFolders } from './class-folders.ts';
import { readManifest } from './manifest.ts';
import { readSplit, splitFileIn } from './split-files.ts';

/** A clip, or a marked span of one. */
export interface LabelledClip {
  /** Absolute path. */
  readonly path: string;
  /** As the data set names it; for people. */
  readonly file: string;
  /** What it shows; undefined: none of the labels. */
  readonly label: string | undefined;
  /** Seconds of media; the whole clip where it is left out. */
  readonly span?: ClipSpan;
}

/** From `from` up to but not including `to`, in seconds of media. */
export interface ClipSpan {
  readonly from: number;
  readonly to: number;
}

export interface Dataset {
  readonly path: string;
  readonly form: 'class folders' | 'manifest' | 'UCF101 split' | 'HMDB51 split';
  readonly clips: readonly LabelledClip[];
  /** Every label that occurs, sorted. */
  readonly labels: readonly string[];
}

export interface DatasetOptions {
  /** Where the videos of split files lie; looked for near the split file otherwise. */
  readonly videos?: string | undefined;
  /** Which split of a directory of split files: 1, 2 or 3; 1 by default. */
  readonly split?: number | undefined;
}

/**
 * Reads the data set at `path`: a directory with a folder of videos per class, a manifest (tab-separated, with columns
 * `file` and `label`, maybe `from` and `to`), or the split files of UCF101 or HMDB51, one or a directory of them.
 * @throws E_DATASET_INVALID when it is none of these, or has no clips
 */
export async function readDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new PipelineError('E_DATASET_INVALID', `Expected a data set at ${path}; there is nothing.`, {
      cause,
    });
  });
  const split = await splitFileIn(path, found.isDirectory(), options.split ?? 1);
  const { form, clips } = split
    ? await readSplit(split, options.videos)
    : found.isDirectory()
      ? { form: 'class folders' as const, clips: await readClassFolders(path) }
      : { form: 'manifest' as const, clips: await readManifest(path) };
  if (clips.length === 0) {
    throw new PipelineError('E_DATASET_INVALID', `Expected clips in ${path}, got none (read as ${form}).`);
  }
  const labels = new Set(clips.flatMap(({ label }) => (label === undefined ? [] : [label])));
  return { path, form, clips, labels: [...labels].sort((a, b) => (a < b ? -1 : 1)) };
}

/** Returns `count` of the clips, spread evenly over the list; all of them where there are no more. */
export function pickEvenly<T>(items: readonly T[], count: number | undefined): readonly T[] {
  if (count === undefined || count >= items.length) return items;
  return Array.from(
    { length: count },
    (_, i) => items[Math.floor(((i + 0.5) * items.length) / count)],
  ).flatMap((item) => (item === undefined ? [] : [item]));
}
