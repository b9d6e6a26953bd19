// A tab-separated manifest → clips.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PipelineError } from '../runtime/errors.ts';
import type { LabelledClip } from './dataset.ts';

/**
 * Returns the clips that a manifest lists. Its first line names the columns: `file` (relative to the manifest) and
 * `label` must be there, `from` and `to` (seconds of media) may be; others are left alone. No label, or `-`, says that the
 * clip shows none of the labels.
 * @throws E_DATASET_INVALID naming the line
 */
export async function readManifest(path: string): Promise<LabelledClip[]> {
  const directory = dirname(resolve(path));
  const text = await readFile(path, 'utf8');
  const [head = '', ...rows] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const columns = head.split('\t').map((name) => name.trim().toLowerCase());
  const [fileAt, labelAt] = [columns.indexOf('file'), columns.indexOf('label')];
  if (fileAt === -1 || labelAt === -1) {
    throw new PipelineError(
      'E_DATASET_INVALID',
      `Expected the first line of ${path} to name tab-separated columns, \`file\` and \`label\` among them.`,
    );
  }
  return rows.flatMap((row, i) => {
    if (row.trim() === '') return [];
    const cells = row.split('\t').map((cell) => cell.trim());
    const cell = (name: string) => cells[columns.indexOf(name)] ?? '';
    const file = cells[fileAt] ?? '';
    if (file === '') {
      throw new PipelineError('E_DATASET_INVALID', `${path}, line ${i + 2}: expected a file.`);
    }
    const named = cells[labelAt] ?? '';
    const label = named === '' || named === '-' ? undefined : named;
    const span = readSpan(cell('from'), cell('to'), `${path}, line ${i + 2}`);
    return [{ path: resolve(directory, file), file, label, ...(span ? { span } : {}) }];
  });
}

function readSpan(from: string, to: string, where: string) {
  if (from === '' && to === '') return undefined;
  const span = { from: Number(from), to: to === '' ? Number.POSITIVE_INFINITY : Number(to) };
  if (span.from >= 0 && span.to > span.from) return span;
  throw new PipelineError(
    'E_DATASET_INVALID',
    `${where}: expected \`from\` and \`to\` in seconds, the first below the second.`,
  );
}
