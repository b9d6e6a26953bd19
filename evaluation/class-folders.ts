// A folder per class → clips.
import { readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { wordsOf } from './class-name.ts';
import type { LabelledClip } from './dataset.ts';

const VIDEO = /\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|m2?ts|mts|wmv|asf|flv|gif|ogv|ogg|3gp|mjpeg|vob|mxf|y4m)$/i;

/** Clips below a folder whose name begins with `_` show none of the classes. */
const NONE = /^_/;

/** Returns the videos below each folder of `directory`; the folder's name in words is their label. */
export async function readClassFolders(directory: string): Promise<LabelledClip[]> {
  const root = resolve(directory);
  const folders = (await readdir(root, { withFileTypes: true })).filter(
    (entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'),
  );
  const clips = await Promise.all(
    folders.map(async ({ name }) => {
      const label = NONE.test(name) ? undefined : wordsOf(name);
      const files = await readdir(join(root, name), { recursive: true }).catch(() => []);
      return files
        .filter((file) => VIDEO.test(file))
        .map((file) => join(root, name, file))
        .map((path): LabelledClip => ({ path, file: relative(root, path), label }));
    }),
  );
  return clips.flat().sort((a, b) => (a.file < b.file ? -1 : 1));
}
