// flags and a file → labels as the API takes them.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type LabelInput, LabelInput as LabelInputSchema } from '../protocol/labels.ts';
import { PipelineError } from '../runtime/errors.ts';

/**
 * Returns the labels of the flags and then those of the file: one a line, `#` for comments, or a JSON list.
 * @throws E_LABELS_INVALID when there is none, or when the file cannot be read as labels.
 */
export async function gatherLabels(flags: readonly string[], file?: string): Promise<LabelInput[]> {
  const labels = [...flags, ...(file === undefined ? [] : await readLabels(file))];
  if (labels.length > 0) return labels;
  throw new PipelineError('E_LABELS_INVALID', 'Expected a label: --label "playing guitar", once per action.');
}

async function readLabels(file: string): Promise<LabelInput[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new PipelineError('E_LABELS_INVALID', `The labels file ${file} cannot be read.`, { cause });
  });
  if (!text.trimStart().startsWith('[')) {
    const lines = text.split('\n').map((line) => line.trim());
    return lines.filter((line) => line !== '' && !line.startsWith('#'));
  }
  try {
    return z.array(LabelInputSchema).parse(JSON.parse(text));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new PipelineError(
      'E_LABELS_INVALID',
      `The labels file ${file} is not a JSON list of labels: ${detail}`,
      {
        cause,
      },
    );
  }
}
