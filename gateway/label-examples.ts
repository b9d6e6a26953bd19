// Examples of labels → refused where the model of the stream did not make them.
import { type LabelInput, labelName } from '../protocol/labels.ts';
import type { ServedModel } from '../protocol/model.ts';
import { PipelineError } from '../runtime/errors.ts';

const BYTES_PER_NUMBER = 2;

/** Returns whether any label has examples. */
export function haveExamples(labels: readonly LabelInput[]): boolean {
  return labels.some((label) => typeof label !== 'string' && label.examples !== undefined);
}

/** @throws E_LABELS_INVALID naming the label whose examples are of another model, or of another length. */
export function checkExamples({ id, dims }: ServedModel, labels: readonly LabelInput[]): void {
  for (const label of labels) {
    if (typeof label === 'string' || !label.examples) continue;
    const { model, prototype } = label.examples;
    const numbers = Buffer.from(prototype, 'base64').length / BYTES_PER_NUMBER;
    if (model === id && numbers === dims) continue;
    throw new PipelineError(
      'E_LABELS_INVALID',
      `Expected the examples of "${labelName(label)}" to be ${dims} numbers made by ${id}, got ${numbers} made by ${model}. Make them anew with this model.`,
    );
  }
}
