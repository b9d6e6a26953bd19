// flags and a file → labels as the API takes them.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { LabelInput as LabelInputSchema, type LabelSetDraft, LabelSetInput } from '../protocol/labels.ts';
import { PipelineError } from '../runtime/errors.ts';

/**
 * Returns the labels of the flags and then those of the file: one a line, `#` for comments, or a JSON list.
 * @throws E_LABELS_INVALID when there is none, or when the file cannot be read as labels.
 */
export async function gatherLabels(
  flags: readonly string[],
  file?: string,
): Promise<LabelSetDraft['labels']> {
  return (await gatherLabelSet(flags, file)).labels;
}

/**
 * Returns the label set that flags and file make: the labels of both, and what else a file says that holds a whole label
 * set, as `verbcast calibrate` writes it.
 * @throws E_LABELS_INVALID when there is no label, or when the file cannot be read as labels.
 */
export async function gatherLabelSet(flags: readonly string[], file?: string): Promise<LabelSetDraft> {
  const read = file === undefined ? { labels: [] } : await readLabelSet(file);
  const labels = [...flags, ...read.labels];
  if (labels.length > 0) return { ...read, labels };
  throw new PipelineError('E_LABELS_INVALID', 'Expected a label: --label "playing guitar", once per action.');
}

/**
 * Returns the label set of a file: one label a line, a JSON list of labels, or a JSON label set.
 * @throws E_LABELS_INVALID when the file cannot be read as one of these.
 */
export async function readLabelSet(file: string): Promise<LabelSetDraft> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new PipelineError('E_LABELS_INVALID', `The labels file ${file} cannot be read.`, { cause });
  });
  if (!/^\s*[[{]/.test(text)) {
    const lines = text.split('\n').map((line) => line.trim());
    return { labels: lines.filter((line) => line !== '' && !line.startsWith('#')) };
  }
  const kind = text.trimStart().startsWith('[') ? 'list of labels' : 'label set';
  try {
    const json: unknown = JSON.parse(text);
    if (kind === 'list of labels') return { labels: z.array(LabelInputSchema).parse(json) };
    // Checked as the gateway will, and sent as it was written.
    LabelSetInput.parse(json);
    return json as LabelSetDraft;
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new PipelineError('E_LABELS_INVALID', `The labels file ${file} is not a JSON ${kind}: ${detail}`, {
      cause,
    });
  }
}
